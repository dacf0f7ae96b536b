"""Relative paths are those of a folder: of the file they stand in, or of the shell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.app.mistakes import mistakes
from livecut.app.rooted import rooted
from livecut.errors import SettingsError
from livecut.settings.load import load, nested, start
from livecut.sources.devices import CameraInfo

READ = ("source.input", "effect.replace.background", "layers.image.path", "privacy.card")
FONTS = ("layers.text.font", "layers.clock.font")
CAMERAS = tuple(CameraInfo(*one) for one in ((0, "USB2.0HD"), (1, "FHD/Cam 7"), (2, "Logitech Brio")))


@pytest.fixture(autouse=True)
def _no_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.sources.devices.cameras", lambda: ())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file's, with a few files; the working folder is another."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    folder = tmp_path / "config"
    (folder / "pictures").mkdir(parents=True)
    for name in ("beach.jpg", "pictures/beach", "Brio", "a b.ttf"):
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("above", ["", "presets.one."])
@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize(
    "text", ["beach.jpg", "./beach.jpg", "pictures/../beach.jpg", "pictures/beach", "gone.jpg", "pictures/gone", "Brio"]
)
def test_a_path_is_of_the_folder_also_where_nothing_is(above: str, name: str, text: str, folder: Path) -> None:
    rooted_text = f"{folder}/{text.removeprefix('./')}"
    assert rooted(nested(above + name, text), folder) == nested(above + name, rooted_text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((name, text) for name in READ for text in ("~/beach.jpg", "/beach.jpg", "rtsp://me@cam/beach.jpg", "")),
        *(("source.input", text) for text in ("demo", "0", "camera:1", "camera:Brio", "screen:2", "/dev/video0")),
        *(("source.input", text) for text in ("Logitech Inc. C920", "Cam 2.0 (usb-0/1)", "gone")),
        *(("effect.replace.background", text) for text in ("red", "#102030", "camera:Brio", "screen", " RED")),
        *(("privacy.card", text) for text in ("red", "#123", "camera:1", "screen:2")),
        *((name, text) for name in FONTS for text in ("", "DejaVuSans.ttf", "~/a.ttf")),
        ("layers.text.text", "beach.jpg"),
        ("effect.name", "Brio"),
        ("model.name", "beach.jpg"),
        ("effect.plugin.glow.picture", "beach.jpg"),
    ],
)
def test_what_is_no_path_stays_as_it_is(name: str, text: str, folder: Path) -> None:
    for word in ("demo", "red", "0", "#102030") if text == "red" else ():
        (folder / word).touch()
    assert rooted(nested(name, text), folder) == nested(name, text)


@pytest.mark.parametrize("name", FONTS)
def test_a_bare_font_is_the_systems_unless_it_lies_there(name: str, folder: Path) -> None:
    for text in ("a b.ttf", "fonts/gone.ttf"):
        assert rooted(nested(name, text), folder) == nested(name, str(folder / text))
    Path("DejaVuSans.ttf").touch()
    assert rooted(nested(name, "DejaVuSans.ttf"), folder) == nested(name, "DejaVuSans.ttf")


def test_outputs_that_are_files_are_of_the_folder_too(folder: Path) -> None:
    sinks = ["out.mp4", "frames/", "a-%05d.png", "~/out.mp4", "virtualcam:out.mp4", "window", "null", "/dev/video9", 3]
    found = rooted({"output": {"sinks": sinks}}, folder)["output"]["sinks"]
    assert found[:3] == [f"{folder}/out.mp4", f"{folder}/frames/", f"{folder}/a-%05d.png"]
    assert found[3:] == sinks[3:]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("sqlite:///keys.db", "sqlite:///{folder}/keys.db"),
        ("sqlite+pysqlite:///keys.db?timeout=3", "sqlite+pysqlite:///{folder}/keys.db?timeout=3"),
        *(
            (url, url)
            for url in (
                *("sqlite:////var/keys.db", "sqlite://", "sqlite:///:memory:"),
                *("sqlite:///file:k?uri=1", "sqlite:///file:k.db?uri=true"),
            )
        ),
        *((url, url) for url in ("postgresql://me:x@h/keys.db", "keys.db", "")),
    ],
)
def test_of_databases_only_sqlites_is_a_file(url: str, found: str, folder: Path) -> None:
    wanted = nested("server.database", found.format(folder=folder))
    assert rooted(nested("server.database", url), folder) == wanted


def test_without_a_folder_it_is_the_working_folder(folder: Path) -> None:
    for text in ("gone.jpg", "deep/gone.jpg"):
        wanted = nested("effect.replace.background", str(Path.cwd() / text))
        assert rooted(nested("effect.replace.background", text)) == wanted


@pytest.mark.parametrize(
    ("name", "text"), [("presets.a.effect.replace.background", "sea.jpg"), ("server.database", "sqlite:///sea.jpg")]
)
def test_a_file_that_lies_where_it_was_looked_for_once_is_told(
    name: str, text: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path("sea.jpg").touch()
    rooted(nested(name, text), folder)
    here = Path.cwd() / "sea.jpg"
    beside = f"sea.jpg is looked for beside the settings file ({folder}/sea.jpg), not here"
    wanted = f"{name}: {beside}: move it there, or write {here}"
    assert caplog.messages == [wanted]
    caplog.clear()
    (folder / "sea.jpg").touch()
    rooted(nested(name, text), folder)
    rooted(nested(name, text))
    assert caplog.messages == []


@pytest.mark.parametrize("above", ["", "presets.one."])
@pytest.mark.parametrize("name", ["effect.replace.background", "privacy.card"])
@pytest.mark.parametrize("text", ["gren", "mycard", "holiday.2024", "Bilder/mein Strand", "0", "demo"])
def test_what_can_only_be_a_path_is_of_the_folder_whatever_it_looks_like(
    above: str, name: str, text: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for told in range(2):
        assert rooted(nested(above + name, text), folder) == nested(above + name, str(folder / text))
        assert [message.split(" is looked for ")[0] for message in caplog.messages] == [f"{above}{name}: {text}"] * told
        Path(text).parent.mkdir(exist_ok=True)
        Path(text).touch()
    assert rooted(nested(name, "gren")) == nested(name, str(Path.cwd() / "gren") if text == "gren" else "gren")


def test_a_source_is_not_found_in_the_working_folder(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    patch = nested("source.input", "secretclip")
    assert rooted(patch, folder) == patch
    assert caplog.messages == []
    Path("secretclip").touch()
    assert rooted(patch, folder) == nested("source.input", str(folder / "secretclip"))
    (message,) = caplog.messages
    assert message.startswith("source.input: secretclip is looked for beside the settings file")


@pytest.mark.parametrize("text", ["USB2.0HD", "usb2.0hd", "FHD/Cam", "FHD/Cam 7"])
def test_a_camera_may_have_a_name_like_a_files(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.sources.devices.cameras", lambda: CAMERAS)
    patch = nested("source.input", text)
    assert rooted(patch, folder) == patch
    assert rooted(patch) == patch
    (folder / text).parent.mkdir(exist_ok=True)
    (folder / text).touch()
    assert rooted(patch, folder) == nested("source.input", str(folder / text))
    assert rooted(nested("source.input", "gone.HD"), folder) == nested("source.input", str(folder / "gone.HD"))


def test_a_cameras_name_in_a_file_is_no_file_of_the_working_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("livecut.sources.devices.cameras", lambda: CAMERAS)
    Path("Logitech").touch()
    patch = nested("source.input", "Logitech")
    assert rooted(patch, folder) == nested("source.input", "camera:Logitech")
    assert rooted(patch) == nested("source.input", str(Path.cwd() / "Logitech"))
    assert caplog.messages == []


@pytest.mark.skipif(sys.platform != "linux", reason="open files as paths")
@pytest.mark.parametrize("path", ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/proc/thread-self/fd/0"])
def test_settings_from_an_open_file_lie_nowhere(path: str, folder: Path) -> None:
    (folder / "q.toml").write_text("effect.replace.background = 'sea.jpg'")
    before = os.dup(0)
    redirected = os.open(folder / "q.toml", os.O_RDONLY)
    try:
        os.dup2(redirected, 0)
        found = load(file=Path(path), root=rooted)
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(redirected)
    assert found.effect.replace.background == "sea.jpg"


def test_the_hint_names_the_folder_that_a_path_is_of(folder: Path) -> None:
    file = folder / "q.toml"
    file.write_text("effect.replace.background = 'gren'\n[layers.text]\nfont = 'fonts/a.ttf'\ntext = 'hi'")
    begun = start(file=file, root=rooted)
    found = {mistake.path: begun.located(mistake.path, mistake.error) for mistake in mistakes(begun.settings)}
    wrong = found["effect.replace.background"]
    assert wrong.message == (
        f"{file}: effect.replace.background: the background {folder}/gren is neither a colour nor a file "
        "(at line 1, column 16)"
    )
    beginning = f"; relative paths in that file begin at {folder}"
    assert wrong.hint == f"write #rrggbb, a basic colour's name (red, navy, white) or a path{beginning}"
    assert found["layers.text.font"].hint == f"name a .ttf or .otf file{beginning}"
    file.write_text("effect.name = 'blurr'\neffect.replace.background = '~/gone'")
    begun = start(file=file, root=rooted)
    for mistake in mistakes(begun.settings):
        assert str(folder) not in (hint := begun.located(mistake.path, mistake.error).hint)
        assert str(Path.cwd()) not in hint


@pytest.mark.skipif(os.name != "posix", reason="names of folders")
@pytest.mark.parametrize("name", ["a?b", "a%41", "a%3fb"])
def test_a_folder_that_no_url_can_hold_is_refused(name: str, folder: Path) -> None:
    (folder / name).mkdir()
    file = folder / name / "q.toml"
    file.write_text("[server]\ndatabase = 'sqlite:///keys.db'")
    with pytest.raises(SettingsError) as caught:
        load(file=file, root=rooted)
    assert caught.value.message == (
        f"{file}: server.database: this is of the settings file's folder, whose name cannot stand in a URL as it is: "
        f"{file.parent} (at line 2, column 1)"
    )
    assert (
        caught.value.hint
        == "? and % mean something else there: choose another folder, or write a path from the root on"
    )
    for url in ("sqlite:////var/keys.db", "sqlite:///file:k.db?uri=true", "sqlite://"):
        assert rooted(nested("server.database", url), file.parent) == nested("server.database", url)


@pytest.mark.parametrize("name", ["a#b", "100%", "100% sure", "a b+c&d=e;f:g@h", "Bücher"])
def test_a_folder_that_a_url_can_hold_is_where_the_database_is(name: str, folder: Path) -> None:
    make_url = pytest.importorskip("sqlalchemy.engine").make_url
    url = rooted(nested("server.database", "sqlite:///keys.db?timeout=3"), folder / name)["server"]["database"]
    assert (make_url(url).database, dict(make_url(url).query)) == (str(folder / name / "keys.db"), {"timeout": "3"})


@given(st.dictionaries(st.sampled_from([*READ, "x", "presets"]), st.none() | st.integers() | st.lists(st.text())))
def test_what_is_of_another_type_stays_for_whoever_checks_it(patch: dict[str, object]) -> None:
    tree = {"source": {"input": patch}, "output": {"sinks": patch}, **patch}
    assert rooted(tree, Path("/")) == tree
