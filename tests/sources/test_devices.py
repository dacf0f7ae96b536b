"""The list of cameras."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.video_nodes import CAPTURE, OUTPUT, FakeNode, VideoNodes

from livecut.sources.devices import CameraInfo, cameras, find_camera, known_cameras
from livecut.types import Size
from livecut.v4l2 import Format, Holder

TWO = (CameraInfo(0, "HD Pro Webcam C920"), CameraInfo(2, "Integrated Webcam: IR"))


@pytest.mark.skipif(sys.platform != "linux", reason="the folder stands for Linux' devices")
def test_cameras_of_linux(tmp_path: Path) -> None:
    machine = VideoNodes(
        tmp_path,
        {
            0: FakeNode("C920", formats={"MJPG": {(1280, 720): [30.0]}}),
            9: FakeNode("silent", "v4l2 loopback", OUTPUT),
            10: FakeNode("livecut", "v4l2 loopback", CAPTURE),
            11: FakeNode("locked", problem=13),
        },
    )
    machine.opened_by(0, 4711, "zoom")
    assert cameras(host=machine.host) == (
        CameraInfo(0, "C920", str(machine.path(0))),
        CameraInfo(10, "livecut", str(machine.path(10))),
        CameraInfo(11, "locked", str(machine.path(11)), problem=13),
    )
    (first, *_) = cameras(details=True, host=machine.host)
    assert first.formats == (Format("MJPG", Size(1280, 720), (30.0,)),)
    assert first.users == (Holder(4711, "zoom"),)


def test_cameras_of_other_systems_come_from_the_library() -> None:
    found = [SimpleNamespace(index=0, name="FaceTime HD", path=None), SimpleNamespace(index=1, name="OBS", path="x")]
    assert cameras(enumerate_cameras=lambda: found) == (CameraInfo(0, "FaceTime HD"), CameraInfo(1, "OBS", "x"))


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("HD Pro Webcam C920", 0),
        ("hd pro webcam c920", 0),
        (" c920 ", 0),
        ("integrated", 2),
        ("webcam", None),  # either
        ("nothing", None),
        ("", None),
    ],
)
def test_cameras_by_name(name: str, index: int | None) -> None:
    found = find_camera(name, TWO)
    assert (found.index if found else None) == index


def test_an_exact_name_wins_over_longer_ones() -> None:
    found = find_camera("cam", [CameraInfo(0, "cam two"), CameraInfo(1, "Cam")])
    assert found is not None
    assert found.index == 1


def test_the_list_in_a_hint() -> None:
    assert known_cameras(TWO) == "cameras found: 0 (HD Pro Webcam C920), 2 (Integrated Webcam: IR)"
    assert known_cameras(()) == "plug a camera in, or see it work without one: livecut demo"
