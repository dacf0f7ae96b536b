"""The list of virtual cameras, and which one may be written to."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest
from support.video_nodes import CAPTURE, OUTPUT, FakeNode, VideoNodes

from livecut.errors import DeviceUnavailable
from livecut.sinks.devices import MODPROBE, VirtualCameraInfo, choose, virtual_cameras
from livecut.v4l2 import Holder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="v4l2loopback is Linux'")

LOOP = "v4l2 loopback"


def refused(device: str | None, machine: VideoNodes) -> DeviceUnavailable:
    with pytest.raises(DeviceUnavailable) as caught:
        choose(device, machine.host)
    return caught.value


def test_the_list_says_who_writes(tmp_path: Path) -> None:
    machine = VideoNodes(
        tmp_path,
        {
            0: FakeNode("Webcam"),
            10: FakeNode("OBS Virtual Camera", LOOP, CAPTURE, flowing=True),
            11: FakeNode("livecut", LOOP, OUTPUT),
            12: FakeNode("old", LOOP, CAPTURE | OUTPUT),
        },
    )
    machine.opened_by(10, 4711, "obs")
    obs = (Holder(4711, "obs"),)
    assert virtual_cameras(machine.host) == (
        VirtualCameraInfo(str(machine.path(10)), "OBS Virtual Camera", exclusive=True, busy=True, users=obs),
        VirtualCameraInfo(str(machine.path(11)), "livecut", exclusive=True, busy=False),
        VirtualCameraInfo(str(machine.path(12)), "old", exclusive=False, busy=False),
    )


def test_the_first_free_one_or_the_one_named(tmp_path: Path) -> None:
    machine = VideoNodes(
        tmp_path,
        {
            0: FakeNode("Webcam"),
            10: FakeNode("OBS Virtual Camera", LOOP, CAPTURE, flowing=True),
            11: FakeNode("livecut", LOOP, OUTPUT),
            12: FakeNode("Second", LOOP, OUTPUT),
        },
    )
    assert choose(None, machine.host).path == str(machine.path(11))
    assert choose("second", machine.host).path == str(machine.path(12))
    assert choose(str(machine.path(12)), machine.host).label == "Second"
    error = refused("Third", machine)
    assert error.message == "there is no virtual camera Third"
    assert error.hint.startswith(f"virtual cameras: {machine.path(10)} (OBS Virtual Camera), ")
    error = refused(str(machine.path(0)), machine)
    assert error.message == f"{machine.path(0)} (Webcam) is no virtual camera"


@pytest.mark.parametrize("named", [True, False])
def test_never_one_that_another_program_writes_to(tmp_path: Path, named: bool) -> None:
    machine = VideoNodes(tmp_path, {10: FakeNode("livecut", LOOP, CAPTURE, flowing=True)})
    machine.opened_by(10, 4711, "obs")
    error = refused(str(machine.path(10)) if named else None, machine)
    if named:
        assert error.message == f"{machine.path(10)} (livecut) is written to by obs (pid 4711)"
    else:
        assert error.message == f"every virtual camera is written to: {machine.path(10)} by obs (pid 4711)"
    assert error.hint == "close that program, or add another: sudo v4l2loopback-ctl add -n livecut -x 1"


def test_one_that_only_a_reader_still_holds_is_free(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {10: FakeNode("livecut", LOOP, CAPTURE)})
    machine.opened_by(10, 4711, "firefox")
    assert choose("livecut", machine.host).path == str(machine.path(10))


def test_a_writer_of_another_user_counts_though_it_cannot_be_named(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {10: FakeNode("livecut", LOOP, CAPTURE, flowing=True)})
    assert refused("livecut", machine).message.endswith("is written to by another program")


def test_without_a_device_the_hint_is_the_command(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {0: FakeNode("Webcam")})
    error = refused(None, machine)
    assert error.message == "there is no virtual camera: v4l2loopback is not installed"
    assert error.hint == f"sudo apt install v4l2loopback-dkms (or your system's package of that name), then {MODPROBE}"
    machine.loopback(installed=True)
    error = refused(None, machine)
    assert error.message == "there is no virtual camera: v4l2loopback is not loaded"
    assert error.hint == MODPROBE
    machine.loopback("0.14.0")
    error = refused(None, machine)
    assert error.message == "v4l2loopback is loaded but has no device"
    assert refused("/dev/video10", machine).hint == MODPROBE


def test_no_permission(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {10: FakeNode("livecut", problem=errno.EACCES)})
    for device in (None, str(machine.path(10))):
        error = refused(device, machine)
        assert error.message == f"no permission to use {machine.path(10)}"
        assert error.hint == "sudo usermod -aG video $USER, then log in again"
