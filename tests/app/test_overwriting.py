"""No output goes over an input or another output, however it is spelt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livecut.app.opening import build_source
from livecut.app.overwriting import refuse_overwriting
from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.load import Patch, apply, nested


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    for name in ("in.mp4", "deep/in.mp4", "room.mp4", "card.png", "frame-000007.png", "logo.png"):
        (tmp_path / name).write_bytes(b"irreplaceable")
    (tmp_path / "link.mp4").symlink_to("in.mp4")
    (tmp_path / "folder").symlink_to("deep")
    os.link("room.mp4", "twin.mp4")
    (tmp_path / "later.mp4").symlink_to("absent.mp4")


def _settings(source: str, *sinks: str, patch: Patch | None = None) -> Settings:
    return apply(Settings(), {"source": {"input": source}, "output": {"sinks": sinks}, **(patch or {})})


@pytest.mark.parametrize(
    ("source", "sink"),
    [
        ("in.mp4", "./in.mp4"),
        ("in.mp4", "deep/../in.mp4"),
        ("in.mp4", "link.mp4"),
        ("link.mp4", "in.mp4"),
        ("deep/in.mp4", "folder/in.mp4"),
        ("room.mp4", "twin.mp4"),
        ("frame-000007.png", "./"),
        ("frame-000007.png", "frame-%06d.png"),
        ("frame-000007.png", "deep/../frame-00000%d.png"),
        ("./frame-000007.png", "frame-%06d.png"),
    ],
)
def test_over_the_source(source: str, sink: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build_source(_settings(source, "null", sink), wait=lambda seconds: None)
    assert caught.value.message == f"{sink} is the source and would be overwritten"
    assert caught.value.hint == "choose another --sink"


@pytest.mark.parametrize(
    ("patch", "sink", "what"),
    [
        ({"effect": {"replace": {"background": "room.mp4"}}}, "deep/../twin.mp4", "the background"),
        ({"privacy": {"card": "card.png"}}, "%d.png", None),
        ({"privacy": {"card": "card.png"}}, "card.png", "the privacy card"),
        ({"layers": {"image": {"path": "frame-000007.png"}}}, "./", "the image on the picture"),
        (nested("presets.a.effect.replace.background", "room.mp4"), "twin.mp4", "the background of the preset a"),
        (
            {"presets": {"a": {}, "b": {"privacy": {"card": "card.png"}}}},
            "card.png",
            "the privacy card of the preset b",
        ),
        (nested("presets.a.effect.replace.background", "red"), "red.mp4", None),
    ],
)
def test_over_what_is_shown(patch: Patch, sink: str, what: str | None) -> None:
    settings = _settings("0", sink, patch=patch)
    if what is None:
        refuse_overwriting(settings)
        return
    with pytest.raises(SettingsError) as caught:
        refuse_overwriting(settings)
    assert caught.value.message == f"{sink} is {what} and would be overwritten"


def test_over_a_file_named_by_the_caller() -> None:
    with pytest.raises(SettingsError, match=r"^link\.mp4 is the configuration and would be overwritten$"):
        refuse_overwriting(_settings("0", "link.mp4"), others={"the configuration": "in.mp4"})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.mp4", "a.mp4"),
        ("a.mp4", "./deep/../a.mp4"),
        ("deep/a.mp4", "folder/a.mp4"),
        ("absent.mp4", "later.mp4"),
        ("room.mp4", "twin.mp4"),
        ("out/", "out/"),
        ("out/", "deep/../out/frame-%06d.png"),
        ("%d.png", "./%03d.png"),
    ],
)
def test_two_outputs_into_one_file(first: str, second: str) -> None:
    with pytest.raises(SettingsError) as caught:
        refuse_overwriting(_settings("0", first, "null", second))
    assert caught.value.message == f"{first} and {second} are the same file"
    assert caught.value.hint == "choose another --sink"


@pytest.mark.parametrize(
    ("source", "sinks"),
    [
        ("in.mp4", ("deep/in.mp4", "a.mp4", "b.mp4", "a.webm", "deep/", "deep/%d.png")),
        ("frame-000007.png", ("frame-x%06d.png", "frame-%d.png", "deep/")),
        ("demo", ("memory", "memory", "null", "null", "window", "virtualcam", "virtualcam")),
        ("0", ("./0.mp4", "red.mp4")),
        ("~nosuchuser/in.mp4", ("in.mp4",)),
        ("rtsp://host/in.mp4", ("in.mp4",)),
    ],
)
def test_what_differs_is_let_through(source: str, sinks: tuple[str, ...]) -> None:
    refuse_overwriting(_settings(source, *sinks))
