"""Linux' video devices, read from folders and a fake ioctl."""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path

import pytest
from support.video_nodes import CAPTURE, OUTPUT, FakeNode, VideoNodes

from livecut import v4l2
from livecut.types import Size
from livecut.v4l2 import Format, Holder, Loopback, Node

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux' devices")

LOOP = "v4l2 loopback"


def test_nodes_in_order_without_those_that_carry_no_pictures(tmp_path: Path) -> None:
    machine = VideoNodes(
        tmp_path,
        {
            10: FakeNode("livecut", LOOP, OUTPUT),
            2: FakeNode("Integrated Webcam"),
            3: FakeNode("Integrated Webcam", caps=0x00800000),  # metadata
            4: FakeNode("Locked", problem=errno.EACCES),
        },
    )
    (tmp_path / "dev/video-decoder").touch()
    assert v4l2.nodes(machine.host) == (
        Node(str(machine.path(2)), 2, "Integrated Webcam", "uvcvideo", captures=True, outputs=False),
        Node(str(machine.path(4)), 4, "Locked", problem=errno.EACCES),
        Node(str(machine.path(10)), 10, "livecut", LOOP, captures=False, outputs=True),
    )
    assert v4l2.nodes(v4l2.Host(dev=tmp_path / "none")) == ()


def test_formats_with_sizes_and_rates(tmp_path: Path) -> None:
    machine = VideoNodes(
        tmp_path,
        {0: FakeNode(formats={"MJPG": {(1280, 720): [30.0, 10.0], (640, 480): [60.0]}, "YUYV": {(640, 480): [29.97]}})},
    )
    assert v4l2.formats(str(machine.path(0)), machine.host) == (
        Format("MJPG", Size(1280, 720), (30.0, 10.0)),
        Format("MJPG", Size(640, 480), (60.0,)),
        Format("YUYV", Size(640, 480), (29.97,)),
    )
    assert v4l2.formats("/dev/video9", machine.host) == ()


def test_who_has_a_device_open(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {0: FakeNode(), 1: FakeNode()})
    machine.opened_by(0, 4711, "zoom")
    machine.opened_by(0, 99, "obs")
    machine.opened_by(1, 5, "cheese")
    machine.opened_by(0, os.getpid(), "livecut")
    (tmp_path / "proc/77").mkdir()  # gone already
    assert v4l2.holders(str(machine.path(0)), machine.host) == (Holder(99, "obs"), Holder(4711, "zoom"))
    assert str(Holder(99, "obs")) == "obs (pid 99)"


def test_a_name_that_the_kernel_cut_inside_a_letter_is_read(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {0: FakeNode()})
    machine.opened_by(0, 7, "")
    (tmp_path / "proc/7/comm").write_bytes("Konferenzvideoä".encode()[:15] + b"\n")
    assert v4l2.holders(str(machine.path(0)), machine.host) == (Holder(7, "Konferenzvideo\ufffd"),)


def test_a_camera_in_use_refuses_buffers(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {0: FakeNode(streaming=True), 1: FakeNode(), 2: FakeNode(problem=errno.EACCES)})
    assert [v4l2.is_streaming(str(machine.path(number)), machine.host) for number in range(3)] == [True, False, False]


NEW, OLD = {"state": "capture", "format": "YU12:640x480@30"}, {"format": "YU12:640x480@30"}


@pytest.mark.parametrize(
    ("caps", "says", "keeps", "held", "flowing", "answer"),
    [
        # 0.13 and newer say it
        (OUTPUT, {"state": "output", "format": ""}, False, True, False, False),
        (CAPTURE, NEW, False, False, False, True),
        (CAPTURE | OUTPUT, NEW, False, False, False, True),
        (CAPTURE | OUTPUT, {"state": "output", "format": ""}, False, True, False, False),
        # 0.12 says the same while a reader is left
        (OUTPUT, {"format": ""}, False, True, False, False),
        (0, {"format": ""}, False, False, False, False),
        (CAPTURE, OLD, False, True, True, True),
        (CAPTURE, OLD, False, True, False, False),
        (CAPTURE | OUTPUT, OLD, False, False, True, True),
        (CAPTURE | OUTPUT, OLD, False, True, False, False),
        (CAPTURE | OUTPUT, {"format": ""}, False, True, True, False),
        # keep_format: all stays as with a writer
        (CAPTURE, NEW, True, True, False, False),
        (CAPTURE | OUTPUT, NEW, True, False, True, True),
        # no telling: whoever has it open may write
        (CAPTURE | OUTPUT, {}, False, False, False, False),
        (CAPTURE | OUTPUT, {}, False, True, False, True),
    ],
)
def test_who_writes_to_a_loopback(
    tmp_path: Path, caps: int, says: dict[str, str], keeps: bool, held: bool, flowing: bool, answer: bool
) -> None:
    machine = VideoNodes(tmp_path, {10: FakeNode("livecut", LOOP, caps, keeps_format=keeps, flowing=flowing)})
    for name, text in says.items():
        machine.attribute(10, name, text)
    if held:
        machine.opened_by(10, 4711, "firefox")
    (node,) = v4l2.nodes(machine.host)
    assert node.is_loopback
    assert node.exclusive is (caps != CAPTURE | OUTPUT)
    assert v4l2.has_writer(node, machine.host) is answer


def test_a_loopback_that_forgot_that_it_can_be_written_to(tmp_path: Path) -> None:
    machine = VideoNodes(
        tmp_path, {0: FakeNode("Webcam"), 10: FakeNode("livecut", LOOP, 0), 11: FakeNode("b", LOOP, CAPTURE)}
    )
    for node in v4l2.nodes(machine.host):
        v4l2.make_writable(node, machine.host)
    assert [node.caps for node in machine.nodes.values()] == [CAPTURE, OUTPUT, CAPTURE | OUTPUT]


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes")
def test_whether_pictures_flow(tmp_path: Path) -> None:
    pipe = tmp_path / "video10"
    os.mkfifo(pipe)
    assert v4l2.LIVE.flows(tmp_path / "none"), "what cannot be read may be written to"
    writer = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(writer, b"a picture that lay there")
        assert not v4l2.LIVE.flows(pipe)
        stop = threading.Event()

        def write() -> None:
            while not stop.wait(0.05):
                os.write(writer, b"a picture")

        thread = threading.Thread(target=write)
        thread.start()
        try:
            assert v4l2.LIVE.flows(pipe)
        finally:
            stop.set()
            thread.join()
    finally:
        os.close(writer)


def test_the_module(tmp_path: Path) -> None:
    absent = VideoNodes(tmp_path / "a")
    assert v4l2.loopback(absent.host) == Loopback(loaded=False, installed=False)
    absent.loopback(installed=True)
    assert v4l2.loopback(absent.host) == Loopback(loaded=False, installed=True)
    loaded = VideoNodes(tmp_path / "b")
    loaded.loopback("0.12.7")
    assert v4l2.loopback(loaded.host) == Loopback(loaded=True, installed=True, version="0.12.7")


def test_requests_have_the_kernels_sizes() -> None:
    """The number of a request holds the size of its structure: a wrong one would be written past its end."""
    for request, size in (
        (v4l2.QUERYCAP, 104),
        (v4l2.ENUM_FMT, 64),
        (v4l2.REQBUFS, 20),
        (v4l2.G_CTRL, 8),
        (v4l2.STREAMON, 4),
        (v4l2.ENUM_FRAMESIZES, 44),
        (v4l2.ENUM_FRAMEINTERVALS, 52),
    ):
        assert (request >> 16) & 0x3FFF == size
        assert chr((request >> 8) & 0xFF) == "V"


@pytest.mark.skipif(sys.platform != "linux", reason="an ioctl of the kernel")
def test_a_file_that_is_no_device_has_a_problem(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    (node,) = v4l2.nodes(v4l2.Host(dev=tmp_path))
    assert node.problem == errno.ENOTTY
