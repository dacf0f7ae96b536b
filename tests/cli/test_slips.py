"""A slip on the command line is one line that says what is wrong, and one to paste."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut import plugins
from livecut.app.stills import Mode
from livecut.cli import slips
from livecut.cli.program import run_program
from livecut.paths import SECRET_WORDS, without_secrets
from livecut.settings import Settings
from livecut.settings.listing import masked

SLIPS = {
    # A word without its flag.
    "run talk.mp4": "run --source talk.mp4",
    "run 'my talk.mp4' --mirror": "run --source 'my talk.mp4' --mirror",
    "run talk.mp4 out.mp4": "run --source talk.mp4 --sink out.mp4",
    "run --source talk.mp4 out.mp4": "run --source talk.mp4 --sink out.mp4",
    "run --effect bokeh talk.mp4 --sink out.mp4": "run --effect bokeh --source talk.mp4 --sink out.mp4",
    "run demo --effect demo": "run --source demo --effect demo",
    "run bokeh": "run --effect bokeh",
    "run demo": "run --source demo",
    "run window": "run --sink window",
    "run virtualcam:Me": "run --sink virtualcam:Me",
    "run window demo": "run --sink window --source demo",
    "run red": "run --background red",
    "run '#00b140' --mirror": "run --background '#00b140' --mirror",
    "run navy": "run --background navy",
    "run demo red window": "run --source demo --background red --sink window",
    "run screen": "run --source screen",
    "run 0 640x360 cpu": "run --source 0 --size 640x360 --device cpu",
    "run --source=demo 25": "run --source=demo --fps 25",
    "run /dev/video0 /dev/video10": "run --source /dev/video0 --sink /dev/video10",
    "run mirror": "run --mirror",
    "run source demo sink window": "run --source demo --sink window",
    "run preset sea talk.mp4": "run --preset sea --source talk.mp4",
    "run my.toml": "run --config my.toml",
    "run beach.jpg": "run --background beach.jpg",
    # A preset of the user's own file, or of that which is named.
    "run meeting": "run --preset meeting",
    "run demo meeting": "run --source demo --preset meeting",
    "run --preset sea meeting": "run --help",
    "run tea --config mine.toml": "run --preset tea --config mine.toml",
    "run --config=mine.toml tea": "run --config=mine.toml --preset tea",
    "run tea --config": "run --help",
    "run tea --config nowhere.toml": "run --source tea --config nowhere.toml",
    "run tea --config broken.toml": "run --source tea --config broken.toml",
    "run tea --config odd.toml": "run --source tea --config odd.toml",
    "run bokeh --config mine.toml": "run --effect bokeh --config mine.toml",
    "run red --config mine.toml": "run --background red --config mine.toml",
    "run raw --config mine.toml": "run --source raw --config mine.toml",
    "meeting": "run --preset meeting",
    "meeting --mirror": "run --preset meeting --mirror",
    "snap meeting": "snap --output meeting",
    "run talk.mp4 beach.jpg": "run --source talk.mp4 --background beach.jpg",
    "run beach.jpg out.mp4": "run --source beach.jpg --sink out.mp4",
    "run talk.mp4 frames/": "run --source talk.mp4 --sink frames/",
    "doctor window": "doctor --sink window",
    "doctor red": "doctor",
    "demo window cpu": "demo --window --device cpu",
    "snap demo": "snap --source demo",
    "snap camera:1": "snap --source camera:1",
    "snap mask": "snap --mode mask",
    "snap demo me.png": "snap --source demo --output me.png",
    "snap me": "snap --output me",
    "snap window": "snap",
    "run effect.blur.dim=1": "run --set effect.blur.dim=1",
    "settings effect.name=blur": "settings --set effect.name=blur",
    "doctor demo": "doctor --source demo",
    "snap me.png": "snap --output me.png",
    "snap here.jpg": "snap --source here.jpg",
    "serve 9000": "serve --port 9000",
    "devices all": "devices",
    "bench 60": "bench --frames 60",
    "bench bokeh": "bench --effect bokeh",
    "bench pictures": "bench quality pictures",
    "bench frobnicate": "bench --help",
    # Something that is no command.
    "bokeh": "run --effect bokeh",
    "portrait.jpg": "cut portrait.jpg",
    "portrait.JPG -o out": "cut portrait.JPG -o out",
    "pictures": "cut pictures",
    "talk.mp4": "run --source talk.mp4",
    "talk.mp4 out.mp4": "run --source talk.mp4 --sink out.mp4",
    "rtsp://cam/1 --effect blur": "run --source rtsp://cam/1 --effect blur",
    "rum --source demo": "run --source demo",
    "-v bokeh": "-v run --effect bokeh",
    "control hid": "control hide",
    "control bokeh": "control set effect.name=bokeh",
    "control output.mirror=true": "control set output.mirror=true",
    "frobnicate": "--help",
    "control frobnicate": "control --help",
    "red": "run --background red",
    "navy": "run --background navy",
    "window": "run --sink window",
    "screen --effect blur": "run --source screen --effect blur",
    # Something that is left out.
    "cut": "cut portrait.jpg",
    "depth": "depth portrait.jpg",
    "control set": "control set effect.name=bokeh",
    "control preset": "control preset meeting",
    "models info": "models info livecut-joint-small",
    "run --source": "run --help",
    # Something that is misspelt.
    "run --bakground red": "run --background red",
    "run --bakground=red": "run --background=red",
    "--verison": "--version",
    "--source demo": "run --source demo",
    "run -s demo": "run --help",
    "run --effect blurr": "run --effect blur",
    "run --effect split --set effect.split.after=blurr": "run --effect split --set effect.split.after=blur",
    "run --sink cam": "run --sink virtualcam",
    "run --sink windw --source demo": "run --sink window --source demo",
    "run --set effect.blur.radius=30": "run --set effect.blur.radius_px=30",
    "run --set efect={}": "run --set 'effect={}'",
    "settings --set efect.name=blur": "settings --set effect.name=blur",
    "run --set presets.sea.device=cpu --preset see": "run --set presets.sea.device=cpu --preset sea",
    # Nothing is repeated that may be a password or a key.
    "serve --database postgresql://me:hunter2@h/x 9000": "serve --help",
    "run --set remote.clipdrop_key=hunter2 talk.mp4": "run --help",
    "run remote.clipdrop_kye=hunter2": "run --help",
    "run rtsp://me:hunter2@host/x": "run --help",
    "run --set effect.plugin.x.credentail=hunter2 talk.mp4": "run --help",
    # A setting's own name is no misspelt key's.
    "run --set effect.bokeh={} talk.mp4": "run --set 'effect.bokeh={}' --source talk.mp4",
    # Nothing is guessed that shows the room, or writes over files.
    "run --effect bone": "run --effect bokeh",
    "cut --format png a.jpg": "cut --help",
    "cut --from a.jpg": "cut --help",
    "serve --opne": "serve --help",
    "serve open": "serve",
    "run blur none": "run --help",
    "run --source demo camera:1": "run --help",
    "run talk.mp4 here.mp4": "run --source talk.mp4 --background here.mp4",
    "snap me.png -o you.png": "snap --help",
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "navy").mkdir()
    (tmp_path / "here.jpg").touch()
    (tmp_path / "here.mp4").touch()
    (tmp_path / "config" / "livecut").mkdir(parents=True)
    (tmp_path / "config" / "livecut" / "livecut.toml").write_text("[presets.meeting.effect]\nname = 'blur'\n")
    (tmp_path / "mine.toml").write_text("presets = { tea = {}, bokeh = {}, red = {}, raw.effect.name = 'none' }")
    (tmp_path / "broken.toml").write_text("presets =")
    (tmp_path / "odd.toml").write_text("presets = 'tea'")


@pytest.mark.parametrize(("slip", "meant"), SLIPS.items())
def test_what_was_meant_is_there_to_paste(slip: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(shlex.split(slip)) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ")
    assert "Did you mean" not in error and "--force" not in error
    assert hint == f"hint: livecut {meant}"
    assert "hunter2" not in error + hint


def test_what_was_meant_is_no_slip_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """As far as it ends by itself."""
    for command in ("--help", "control --help", "settings --set effect.name=blur", "settings --set effect={}"):
        assert run_program(shlex.split(command)) == 0
    assert capsys.readouterr().err == ""


@given(st.sampled_from([*SECRET_WORDS, "key"]), st.data())
def test_a_password_is_known_by_its_name_however_it_is_spelt(name: str, data: st.DataObject) -> None:
    """Two letters may stand the wrong way round; each place that hides passwords knows the word itself."""
    at = data.draw(st.integers(0, len(name) - 2))
    misspelt = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    for word in (name, misspelt):
        assert slips.put_right([f"effect.plugin.x.{word}=hunter2", "nowhere"], "nowhere", "somewhere") == ""
    assert masked({name: "hunter2"}) == {name: "..."}
    if name != "key":  # in a text "Key: G major" is none
        assert "hunter2" not in without_secrets(f"{name}: hunter2")


@given(
    st.lists(st.sampled_from(["run", "cut", "bench", "bokeh", "x.mp4", "-v", "--source", "a=b", "", "60"]), max_size=4)
)
def test_it_changes_no_word_that_is_not_wrong(words: list[str]) -> None:
    assert slips.put_right(words, "nowhere", "somewhere") == ""
    assert slips.put_right([*words, "nowhere"], "nowhere", "somewhere") in (
        shlex.join(["livecut", *words, "somewhere"]),
        "",
    )


@pytest.mark.parametrize("word", ["", "a" * 5000, "/" + "a" * 5000, "a\0b", "~nosuchuser/x", "ä b", "%d", "--"])
@pytest.mark.parametrize("command", [[], ["run"], ["snap"], ["serve"], ["doctor", "demo"]])
def test_whatever_the_word_is_it_is_a_slip_and_no_bug(
    command: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program([*command, word, "red"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("hint: livecut ")


def test_the_words_are_those_that_there_are() -> None:
    assert set(plugins.names("effects")) >= slips._EFFECTS
    assert set(get_args(Settings.model_fields["device"].annotation)) == slips._DEVICES
    assert set(get_args(Mode)) == slips._MODES
