"""`livecut run --preset` begins with a preset, below the flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from livecut.app.session import Session
from livecut.cli.program import run_program
from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.laying import preset_named
from livecut.settings.load import apply

FILE = """
[presets.meeting]
effect.name = "green"
effect.green.colour = "#ff0000"

[presets.beach]
effect = { name = "replace", replace = { background = "beach.png" } }
"""


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.toml").write_text(FILE)
    Image.new("RGB", (64, 36), (0, 0, 255)).save("beach.png")


def _corner_of_a_run(*more: str) -> tuple[int, ...]:
    run = ["run", "--source", "demo", "--sink", "out/", "--size", "64x36", "--frames", "1", "--device", "cpu"]
    assert run_program([*run, "--set", "model.name=null", "--config", "my.toml", *more]) == 0
    (picture,) = Path("out").iterdir()
    corner = np.asarray(Image.open(picture).convert("RGB"))[1, 1]
    return tuple(int(level) for level in corner)


@pytest.mark.parametrize("how", ["--config", "user"])
def test_paths_in_a_file_are_its_folders(how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config" / "livecut").mkdir(parents=True)
    file = tmp_path / "config" / "livecut" / "livecut.toml"
    file.write_text(FILE)
    (tmp_path / "beach.png").rename(file.with_name("beach.png"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir("work")
    Path("my.toml").write_text("")
    more = ["--config", "../config/livecut/livecut.toml"] if how == "--config" else []
    assert _corner_of_a_run("--preset", "beach", *more) == (0, 0, 255)
    # A flag's path is of the shell's folder.
    Image.new("RGB", (64, 36), (255, 0, 0)).save("beach.png")
    assert _corner_of_a_run(*more, "--effect", "replace", "--set", "effect.replace.background=beach.png") == (255, 0, 0)


def test_outputs_in_a_file_are_written_beside_it_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("work").mkdir()
    (tmp_path / "my.toml").write_text("[output]\nsinks = ['out/', 'null']\n[effect]\nname = 'none'")
    monkeypatch.chdir("work")
    assert run_program(["run", "--config", "../my.toml", "--source", "demo", "--size", "64x36", "--frames", "1"]) == 0
    assert capsys.readouterr().err.startswith(f"writing {tmp_path}/out/\n")
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.parametrize("how", ["--config", "user"])
def test_what_is_refused_is_not_said_to_be_written(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "my.toml" if how == "--config" else tmp_path / "config" / "livecut" / "livecut.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    (file.parent / "in.mp4").write_bytes(b"irreplaceable")
    file.write_text("source.input = 'in.mp4'\noutput.sinks = ['in.mp4']\neffect.name = 'none'")
    assert run_program(["run", *(["--config", "my.toml"] if how == "--config" else [])]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {file.parent}/in.mp4 is the source and would be overwritten\n")


def test_what_is_not_there_is_told_with_the_place_that_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("work").mkdir()
    monkeypatch.chdir("work")
    run = ["run", "--config", "../my.toml", "--sink", "null"]
    for text, told in (
        (
            "[effect]\nname = 'replace'\nreplace.background = 'gone.png'",
            "the background {} is neither a colour nor a file",
        ),
        ("[source]\ninput = 'gone.mp4'", "source '{}': no such file"),
        ("[layers.image]\npath = 'gone.png'", "{}: no such file"),
    ):
        (tmp_path / "my.toml").write_text(text)
        source = [] if "source" in text else ["--source", "demo"]
        assert run_program([*run, *source]) in (2, 3)
        name = "gone.mp4" if "source" in text else "gone.png"
        error = next(line for line in capsys.readouterr().err.splitlines() if line.startswith("error: "))
        assert told.format(tmp_path / name) in error
        assert "background" not in error or error.startswith(
            f"error: {Path('../my.toml')}: effect.replace.background: "
        )
        assert "background" not in error or error.endswith(" (at line 3, column 9)")


SAID_ABOVE = {
    "": ("{file}: presets.lake.effect.replace.background: ", "{folder}/gone.png", " (at line 3, column 38)"),
    "--set effect.replace.background=away.png": ("", "away.png", ""),
    "--set presets.lake.effect.replace.background=away.png": ("", "away.png", ""),
    "LIVECUT_PRESETS__LAKE__EFFECT__REPLACE__BACKGROUND": (
        "environment: presets.lake.effect.replace.background: ",
        "away.png",
        "",
    ),
    "LIVECUT_EFFECT__REPLACE__BACKGROUND": (
        "{file}: presets.lake.effect.replace.background: ",
        "{folder}/gone.png",
        " (at line 3, column 38)",
    ),
}


@pytest.mark.parametrize(("above", "told"), SAID_ABOVE.items())
def test_what_a_chosen_preset_lacks_is_told_with_its_place(
    above: str,
    told: tuple[str, str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever says it: what was typed goes over the preset, and the preset over what is in the environment."""
    file = tmp_path / "my.toml"
    file.write_text(
        "effect.replace.background = 'other.png'\n[presets.lake]\n"
        "effect = { name = 'replace', replace.background = 'gone.png' }\n"
    )
    if above.startswith("LIVECUT_"):
        monkeypatch.setenv(above, "away.png")
    more = above.split() if above.startswith("--") else []
    run = ["run", "--source", "demo", "--sink", "null", "--config", str(file), "--preset", "lake", *more]
    assert run_program(run) == 2
    where, background, place = (part.format(file=file, folder=tmp_path) for part in told)
    error, _ = capsys.readouterr().err.splitlines()
    assert error == f"error: {where}the background {background} is neither a colour nor a file{place}"


def test_a_settings_name_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    Path("my.toml").write_text("[presets.text]\nlayers.text = { text = 'hi', font = 'a/gone.ttf' }\n")
    told = f"presets.text.layers.text.font: {tmp_path}/a/gone.ttf cannot be read as a font"
    assert _corner_of_a_run() is not None
    assert caplog.messages[0] == told
    assert run_program(["run", "--source", "demo", "--config", "my.toml", "--preset", "text"]) == 2
    assert f"error: my.toml: {told} (at line 2, column 30)\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "corner"),
    [
        (["--preset", "meeting"], (255, 0, 0)),
        (["--preset", "beach"], (0, 0, 255)),
        (["--preset", "beach", "--effect", "green"], (0, 177, 64)),
        (["--preset", "meeting", "--set", "effect.green.colour=#0000ff"], (0, 0, 255)),
    ],
)
def test_a_run_begins_with_it(more: list[str], corner: tuple[int, ...]) -> None:
    assert _corner_of_a_run(*more) == corner


BROKEN = """
[presets.sea]
effect = { name = "replace", replace = { backgroud = "beach.png" } }
[presets.x]
effect.name = "blurr"
[presets.net]
model.name = "sinett"
"""
SEA = (
    "my.toml: presets.sea.effect.replace.backgroud: there is no such setting (at line 10, column 42)",
    "did you mean presets.sea.effect.replace.background?",
)
NET = ("my.toml: presets.net.model.name: no network named 'sinett' (at line 14, column 7)", "did you mean sinet?")
X = ("my.toml: presets.x.effect.name: no effect named 'blurr' (at line 12, column 8)", "did you mean blur?")


def test_one_that_is_wrong_is_told_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("my.toml").write_text(FILE + BROKEN)
    assert _corner_of_a_run("--preset", "meeting") == (255, 0, 0)
    sea, x, net = caplog.messages
    assert sea == f"preset sea is left out: {'; '.join(SEA)}"
    assert x == f"preset x is left out: {'; '.join(X)}"
    assert net == f"preset net is left out: {'; '.join(NET)}"
    assert run_program(["settings", "--config", "my.toml"]) == 0
    assert "[presets.beach]" in capsys.readouterr().out
    for name, (told, meant) in (("sea", SEA), ("x", X), ("net", NET)):
        assert run_program(["run", "--config", "my.toml", "--preset", name]) == 2
        error, hint = capsys.readouterr().err.splitlines()[-2:]
        assert error == f"error: {told}"
        assert hint.startswith(f"hint: {meant}")


def test_only_commands_that_presets_concern_tell_which_are_left_out(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("my.toml").write_text(FILE + BROKEN)
    monkeypatch.setattr("livecut.app.checkup.gather", lambda settings: settings)
    monkeypatch.setattr("livecut.app.findings.examine", lambda facts: ())
    for command in (["settings"], ["doctor"]):
        caplog.clear()
        assert run_program([*command, "--config", "my.toml"]) == 0
        assert [line.partition(":")[0] for line in caplog.messages] == [
            "preset sea is left out",
            "preset x is left out",
            "preset net is left out",
        ]
    caplog.clear()

    assert run_program(["keys", "list", "--config", "my.toml", "--database", "sqlite:///keys.db"]) == 0
    assert run_program(["cut", "absent.png", "--config", "my.toml"]) != 0
    assert not any("left out" in line for line in caplog.messages)
    assert "left out" not in capsys.readouterr().err


def test_each_keeps_its_key_whatever_is_wrong_with_others(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    class Seen(Session):
        def __init__(self, settings: Settings, **more: Any) -> None:
            super().__init__(settings, **more)
            order.extend(more["preset_order"])

    monkeypatch.setattr("livecut.app.session.Session", Seen)
    Path("my.toml").write_text(BROKEN + FILE)
    _corner_of_a_run("--set", "presets.added.output.mirror=true")
    assert order == ["sea", "x", "net", "meeting", "beach", "added"]


def test_what_it_set_is_no_part_of_those_that_are_chosen_later(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Session] = []

    class Seen(Session):
        def __init__(self, settings: Settings, **more: Any) -> None:
            super().__init__(settings, **more)
            made.append(self)

    monkeypatch.setattr("livecut.app.session.Session", Seen)
    _corner_of_a_run("--preset", "meeting", "--set", "output.mirror=true")
    (session,) = made
    assert session.settings.effect.green.colour == "#ff0000"
    beach = session.presets["beach"]
    assert (beach.effect.green.colour, beach.output.mirror) == ("#00b140", True)


RUN = "livecut run --source demo --sink null"


@pytest.mark.parametrize(
    ("more", "error", "hint"),
    [
        (["--config", "my.toml"], "no preset named 'beech'", f"{RUN} --preset beach --config my.toml"),
        ([], "no preset named 'beech'", "there are: none; one is a table [presets.NAME] in livecut.toml"),
        (
            ["--set", "presets.x.source.input=demo"],
            "presets.x.source.input is chosen at the start",
            "livecut run --help",
        ),
    ],
)
def test_what_is_wrong_ends_it(more: list[str], error: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["run", "--source", "demo", "--sink", "null", "--preset", "beech", *more]) == 2
    assert capsys.readouterr().err == f"error: {error}\nhint: {hint}\n"


def test_a_preset_that_shows_the_room_is_never_guessed() -> None:
    settings = apply(Settings(), {"presets": {"raw": {"effect": {"name": "none"}}, "sea": {}}})
    for name, meant in (("rawe", None), ("se", ("se", "sea"))):
        with pytest.raises(SettingsError) as caught:
            preset_named(name, settings)
        assert caught.value.meant == meant
