"""What a source's text means."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import livecut.sources
from livecut import plugins
from livecut.errors import DeviceUnavailable
from livecut.sources import camera, devices, is_same_source, open_source, stream
from livecut.sources.devices import CameraInfo
from livecut.sources.file import FileSource
from livecut.sources.image import ImageSource
from livecut.types import Size

ASKED: Any = {"size": Size(1280, 720), "fps": 24.0, "mjpg": False, "stale_after_s": 1.0, "timeout_s": 2.0}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def fake(index: int, **given: Any) -> Any:
        calls.append((index, given))
        return calls

    monkeypatch.setattr(camera, "CameraSource", fake)
    monkeypatch.setattr(devices, "cameras", lambda: (CameraInfo(4, "C920"),))
    return calls


def test_a_number_is_a_camera(opened: list[Any]) -> None:
    open_source("0", **ASKED, loop=True)
    assert opened == [(0, ASKED)]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux' paths")
def test_a_device_is_a_camera_also_by_a_link(opened: list[Any]) -> None:
    open_source("/dev/video12")
    assert opened[0][0] == 12


def test_a_name_is_a_camera(opened: list[Any]) -> None:
    open_source("c920", **ASKED)
    assert opened == [(4, ASKED)]


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("nobody", "no file, camera or plug-in of that name", "cameras found: 4 (C920)"),
        ("films/none.mp4", "no such file", f"a path begins at the current folder, {Path.cwd()}"),
        ("/films/none.mp4", "no such file", "is every letter of it right?"),
    ],
)
def test_unknown(opened: list[Any], text: str, what: str, hint: str) -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        open_source(text)
    assert caught.value.message == f"source {text!r}: {what}"
    assert caught.value.hint == hint


def test_files_by_content(tmp_path: Path, video: Callable[..., Path]) -> None:
    Image.new("RGB", (3, 3)).save(tmp_path / "a.png")
    disguised = (tmp_path / "a.png").rename(tmp_path / "film.mp4")
    still = open_source(str(disguised), fps=5.0)
    assert isinstance(still, ImageSource)
    assert still.fps == 5.0
    film = open_source(str(video("b.mkv", count=3).rename(tmp_path / "b.png")), loop=True)
    assert isinstance(film, FileSource)
    for _ in range(7):
        assert film.read() is not None
    film.close()


def test_a_file_of_a_number_needs_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (3, 3)).save(tmp_path / "7", "PNG")
    assert isinstance(open_source("./7"), ImageSource)


@pytest.mark.parametrize("content", [b"", b"text\n" * 100])
def test_broken_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(DeviceUnavailable, match=r"a\.mp4 cannot be opened: invalid data"):
        open_source(str(path))
    with pytest.raises(DeviceUnavailable, match=r"is a folder, not a video$"):
        open_source(str(tmp_path))


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "StreamSource", lambda address, **given: (address, given))
    opened: Any = open_source("rtsp://cam/x", timeout_s=3.0, loop=True)
    assert opened == ("rtsp://cam/x", {"timeout_s": 3.0, "loop": True})


@pytest.mark.parametrize("text", ["mms://user:hunter2@host/x", "rtspt://u:hunter2@host/1", "'rtsp://u:hunter2@host/1'"])
def test_an_unknown_kind_of_address_is_said_without_its_password(opened: list[Any], text: str) -> None:
    with pytest.raises(
        DeviceUnavailable, match=r"^source ['\"]+\w+://\w+:\.\.\.@host/.*['\"]: no such kind of stream$"
    ) as caught:
        open_source(text)
    assert "hunter2" not in caught.value.message and caught.value.hint.startswith("there are http, https, rtmp, ")


def test_a_camera_that_is_named_as_an_address_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.sources.devices.cameras", lambda: ())
    with pytest.raises(DeviceUnavailable, match=r"^source 'rtsp://u:\.\.\.@host/1': no such file$"):
        open_source("camera:rtsp://u:hunter2@host/1")


def test_plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("ndi", "somewhere:Ndi", "livecut.sources")
    monkeypatch.setattr(plugins, "_found", lambda kind: {"ndi": entry})
    monkeypatch.setattr(plugins, "load", lambda kind, name: lambda **given: given)
    opened: Any = open_source("ndi", size=Size(2, 2), fps=9.0)
    assert opened == {"size": Size(2, 2), "fps": 9.0, "loop": False}


def test_demo() -> None:
    pytest.importorskip("skimage")
    source = open_source("demo", size=Size(64, 36), fps=10.0)
    assert (source.size, source.fps) == (Size(64, 36), 10.0)
    assert livecut.sources.__all__ == [
        "is_camera_name",
        "is_file_name",
        "is_live_name",
        "is_same_source",
        "open_source",
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("camera:4", "4", True),
        ("camera:4", "C920", True),
        ("camera:c92", "4", True),
        ("camera:c92", "camera:C920", True),
        ("4", "camera:C920", True),
        ("camera:3", "C920", False),
        ("/dev/video4", "C920", sys.platform == "linux"),
        ("Camera:x", "C920", False),
        ("camera:4", "Camera: HD", False),
        ("camera:nobody", "elsewhere", False),
        ("camera:nobody", "4", False),
        ("camera:4", "demo", False),
        ("camera:c92", "rtsp://cam/x", False),
        ("camera:4", "screen:4", False),
        ("#204060", "C920", False),
    ],
)
def test_the_same_camera_by_number_name_and_part_of_it(
    monkeypatch: pytest.MonkeyPatch, one: str, other: str, same: bool
) -> None:
    monkeypatch.setattr(devices, "cameras", lambda: (CameraInfo(4, "C920"), CameraInfo(5, "FaceTime")))
    assert is_same_source(one, other) is same
