"""What a sink's text means."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from livecut import plugins
from livecut.errors import DeviceUnavailable, PluginError
from livecut.sinks import is_path, open_sink, virtualcam, window
from livecut.sinks.frames import FrameFiles
from livecut.sinks.memory import MemorySink
from livecut.sinks.null import NullSink
from livecut.sinks.recording import Recording
from livecut.types import Size

SIZE = Size(64, 48)


def test_names_and_paths(tmp_path: Path) -> None:
    memory = open_sink("memory", size=SIZE, fps=30)
    assert isinstance(memory, MemorySink) and memory.pictures.maxlen == 60
    assert isinstance(open_sink("null", size=SIZE, fps=30), NullSink)
    assert isinstance(open_sink(f"{tmp_path}/frames/", size=SIZE, fps=30), FrameFiles)
    assert isinstance(open_sink(f"{tmp_path}/%03d.png", size=SIZE, fps=30), FrameFiles)
    recording = open_sink(f"{tmp_path}/a.mp4", size=SIZE, fps=30)
    assert isinstance(recording, Recording)
    recording.close()


@pytest.mark.parametrize("spec", ["a.mp4", "/tmp/a", "frames/", "frames\\", "%d", "./window", "/dev/video3.mp4"])
def test_paths(spec: str) -> None:
    assert is_path(spec)


@pytest.mark.parametrize(
    "spec", ["virtualcam", "virtualcam:/dev/video3", "/dev/video3", "window", "memory", "null", "x", "rtmp://a/b.mp4"]
)
def test_no_paths(spec: str) -> None:
    assert not is_path(spec)


@pytest.mark.parametrize(
    ("spec", "device"),
    [
        ("virtualcam", None),
        ("virtualcam:", None),
        ("virtualcam:/dev/video10", "/dev/video10"),
        ("virtualcam:My Label: two", "My Label: two"),
        ("/dev/video3", "/dev/video3"),
    ],
)
def test_virtual_cameras(monkeypatch: pytest.MonkeyPatch, spec: str, device: str | None) -> None:
    monkeypatch.setattr(virtualcam, "VirtualCamera", lambda **given: given)
    given: Any = open_sink(spec, size=SIZE, fps=24, pixel_format="nv12", colour="red")
    assert given == {"size": SIZE, "fps": 24, "device": device, "pixel_format": "nv12", "colour": "red"}


def test_the_window_gets_the_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "Window", lambda **given: given)
    listener: Any = print
    given: Any = open_sink("window", size=SIZE, fps=30, on_key=listener)
    assert given == {"size": SIZE, "on_key": listener, "colour": "#00b140"}


def test_plug_ins_come_before_files(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("spout", "livecut.sinks.null:NullSink", "livecut.sinks")
    monkeypatch.setattr(plugins, "_found", lambda kind: {"spout": entry})
    monkeypatch.setattr(plugins, "load", lambda kind, name: lambda **given: given)
    assert not is_path("spout")
    given: Any = open_sink("spout", size=SIZE, fps=30, alpha=True)
    assert given == {"size": SIZE, "fps": 30, "alpha": True}


def test_an_unknown_word_is_no_file() -> None:
    with pytest.raises(PluginError) as caught:
        open_sink("virtualcm", size=SIZE, fps=30)
    assert caught.value.message == "there is no sink 'virtualcm'"
    assert caught.value.hint.startswith("did you mean virtualcam? there are virtualcam, window, memory, null")
    with pytest.raises(DeviceUnavailable, match=r"^out\.gif: livecut writes no \.gif$"):
        open_sink("out.gif", size=SIZE, fps=30)


@pytest.mark.parametrize(
    "spec", ["rtmp://live.example/app/hunter2", "rtmp://u:hunter2@host/a.mp4", "srt://host/hunter2/"]
)
def test_an_address_is_no_file_and_keeps_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PluginError, match=r"^there is no sink '\w+://(u:\.\.\.@)?[a-z.]+/\.\.\.'$"):
        open_sink(spec, size=SIZE, fps=30)
    assert not list(tmp_path.iterdir())
