"""`livecut devices` in plain lines."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from livecut.cli.devices import camera_lines, devices, virtual_lines
from livecut.inference import accelerator
from livecut.inference.accelerator import CPU
from livecut.sinks.devices import VirtualCameraInfo
from livecut.sources.devices import CameraInfo
from livecut.types import Size
from livecut.v4l2 import Format, Holder, Loopback


def test_cameras() -> None:
    formats = (
        Format("MJPG", Size(1280, 720), (30.0, 15.0)),
        Format("YUYV", Size(640, 480), (29.97,)),
        Format("MJPG", Size(640, 480), ()),
    )
    assert list(
        camera_lines(
            (
                CameraInfo(0, "C920", "/dev/video0", formats, (Holder(7, "zoom"),)),
                CameraInfo(2, "IR", "/dev/video2", problem=13),
                CameraInfo(3, "FaceTime HD"),
            )
        )
    ) == [
        "cameras",
        "  0  C920  /dev/video0",
        "     open in zoom (pid 7)",
        "     MJPG: 1280x720@30, 640x480",
        "     YUYV: 640x480@29.97",
        "  2  IR  /dev/video2",
        "     cannot be asked: permission denied",
        "  3  FaceTime HD",
    ]
    assert list(camera_lines(())) == ["cameras", "  none found"]


def test_virtual_cameras() -> None:
    obs = (Holder(9, "obs"),)
    assert list(
        virtual_lines(
            (
                VirtualCameraInfo("/dev/video10", "OBS", exclusive=True, busy=True, users=obs),
                VirtualCameraInfo("/dev/video11", "livecut", exclusive=True, busy=False, users=(Holder(8, "firefox"),)),
                VirtualCameraInfo("/dev/video12", "old", exclusive=False, busy=True),
                VirtualCameraInfo("/dev/video13", "new", exclusive=True, busy=False),
            ),
            Loopback(loaded=True, installed=True, version="0.14.0"),
        )
    ) == [
        "virtual cameras",
        "  /dev/video10  OBS  (exclusive_caps; written to by obs (pid 9))",
        "  /dev/video11  livecut  (exclusive_caps; free, open in firefox (pid 8))",
        "  /dev/video12  old  (no exclusive_caps: Chrome and Teams will not list it; written to by another program)",
        "  /dev/video13  new  (exclusive_caps; free)",
    ]


@pytest.mark.parametrize(
    ("module", "state", "begins"),
    [
        (Loopback(loaded=False, installed=False), "not installed", "sudo apt install v4l2loopback-dkms"),
        (Loopback(loaded=False, installed=True), "not loaded", "sudo modprobe v4l2loopback"),
        (Loopback(loaded=True, installed=True), "loaded without a device", "sudo modprobe v4l2loopback"),
    ],
)
def test_without_a_virtual_camera_it_says_why(module: Loopback, state: str, begins: str) -> None:
    lines = list(virtual_lines((), module))
    assert lines[1] == f"  none: v4l2loopback is {state}"
    assert lines[2].startswith(f"  -> {begins}")


def test_the_command_runs_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "choose", lambda device: CPU)
    program = typer.Typer()
    program.command()(devices)
    result = CliRunner().invoke(program, [], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.output.startswith("cameras\n")
    assert result.output.endswith("networks run on\n  CPU (asked for)\n")
