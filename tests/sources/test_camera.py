"""The camera, with OpenCV's part played by a fake and Linux' by a folder."""

from __future__ import annotations

import errno
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.video_nodes import OUTPUT, FakeNode, VideoNodes

from livecut.errors import DeviceError, DeviceLost, DeviceUnavailable
from livecut.protocols import Source
from livecut.sources.camera import CameraSource
from livecut.types import Size

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folder stands for Linux' devices")

CODE = int.from_bytes(b"MJPG", "little")
Step = np.ndarray | None | Callable[[], Any]


def picture(value: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    return np.full((size[1], size[0], 3), value, np.uint8)


class FakeCapture:
    """Answers `read` with the steps given: a picture, None for a failed read, or a call. Repeats the last."""

    def __init__(self, steps: list[Step], *, opened: bool = True) -> None:
        self.steps = steps
        self.opened = opened
        self.asked: list[tuple[int, float]] = []
        self.released = threading.Event()
        self.fps = 25.0

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, prop: int, value: float, /) -> bool:
        self.asked.append((prop, value))
        return True

    def get(self, prop: int, /) -> float:
        return {cv2.CAP_PROP_FPS: self.fps, cv2.CAP_PROP_FOURCC: float(CODE)}.get(prop, 0.0)

    def read(self) -> tuple[bool, Any]:
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        answer = step() if callable(step) else step
        return answer is not None, answer

    def release(self) -> None:
        self.released.set()


def counting(start: int = 0) -> Iterator[int]:
    value = start
    while True:
        yield value
        value += 1


@pytest.fixture
def machine(tmp_path: Path) -> VideoNodes:
    return VideoNodes(tmp_path, {0: FakeNode("Integrated Webcam")})


def open_camera(machine: VideoNodes, capture: FakeCapture, **given: Any) -> CameraSource:
    return CameraSource(0, open_capture=lambda index: capture, host=machine.host, **given)


def moving() -> Step:
    """A sensor: every picture differs."""
    values = counting()
    return lambda: picture(next(values) % 251)


def read_until_it_fails(camera: CameraSource) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        for _ in range(100_000):
            camera.read()
    return caught.value


def test_frames_are_newest_first_and_counted(machine: VideoNodes) -> None:
    gate = threading.Semaphore(1)

    def when_let() -> np.ndarray:
        gate.acquire()
        return picture(next(values))

    values = counting(10)
    capture = FakeCapture([when_let])
    camera = open_camera(machine, capture)
    assert isinstance(camera, Source)
    assert (camera.name, camera.size, camera.fps, camera.live, camera.format) == (
        "camera 0 (Integrated Webcam)",
        Size(64, 48),
        25.0,
        True,
        "MJPG",
    )
    first = camera.read()
    assert first is not None
    assert (first.index, first.bgr[0, 0, 0]) == (0, 10)
    gate.release()
    second = camera.read()
    assert second is not None
    assert (second.index, second.bgr[0, 0, 0]) == (1, 11)
    assert second.captured_ns > first.captured_ns
    gate.release(4)  # nobody reads meanwhile
    latest = second
    while latest.index < 5:
        frame = camera.read()
        assert frame is not None
        assert frame.index > latest.index
        latest = frame
    assert latest.bgr[0, 0, 0] == 15
    gate.release(100)
    camera.close()
    camera.close()
    assert capture.released.is_set()


def test_the_format_is_asked_for_before_the_size(machine: VideoNodes) -> None:
    capture = FakeCapture([moving()])
    open_camera(machine, capture, size=Size(1280, 720), fps=30.0).close()
    assert capture.asked == [
        (cv2.CAP_PROP_FOURCC, CODE),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30.0),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]
    capture = FakeCapture([moving()])
    open_camera(machine, capture, mjpg=False).close()
    assert capture.asked == [(cv2.CAP_PROP_BUFFERSIZE, 1)]


def test_what_was_negotiated_is_said(machine: VideoNodes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        open_camera(machine, FakeCapture([moving()]), size=Size(1280, 720)).close()
    assert "camera 0 (Integrated Webcam): 64x48 at 25 fps, MJPG" in caplog.text
    assert "camera 0 (Integrated Webcam) gives 64x48, not 1280x720 as asked" in caplog.text


@pytest.mark.parametrize("said", [0.0, -1.0, 1e9, float("nan")])
def test_a_driver_without_a_rate_gets_the_one_asked(machine: VideoNodes, said: float) -> None:
    capture = FakeCapture([moving()])
    capture.fps = said
    camera = open_camera(machine, capture, fps=15.0)
    assert camera.fps == 15.0
    camera.close()


def test_grey_cameras_give_bgr(machine: VideoNodes) -> None:
    values = counting()
    capture = FakeCapture([lambda: np.full((48, 64), next(values) % 251, np.uint8)])
    camera = open_camera(machine, capture)
    frame = camera.read()
    assert frame is not None
    assert frame.bgr.shape == (48, 64, 3)
    camera.close()


def test_single_failed_reads_are_damaged_pictures(machine: VideoNodes) -> None:
    capture = FakeCapture([picture(1), None, None, picture(2), None, picture(3), moving()])
    camera = open_camera(machine, capture)
    for _ in range(5):
        assert camera.read() is not None
    camera.close()


def test_a_camera_pulled_out_is_lost(machine: VideoNodes) -> None:
    capture = FakeCapture([picture(1), picture(2), None])
    camera = open_camera(machine, capture)
    error = read_until_it_fails(camera)
    assert isinstance(error, DeviceLost)
    assert error.message == "camera 0 (Integrated Webcam) was lost"
    assert capture.released.wait(5)
    camera.close()


def test_the_very_same_picture_for_long_is_a_lost_camera(machine: VideoNodes) -> None:
    clock = counting()
    capture = FakeCapture([picture(1), picture(2)])
    camera = open_camera(machine, capture, stale_after_s=5.0, clock=lambda: next(clock) * 1_000_000_000)
    error = read_until_it_fails(camera)
    assert isinstance(error, DeviceLost)
    assert error.message == "camera 0 (Integrated Webcam) keeps giving the very same picture"
    assert "source.stale_after_s" in error.hint
    camera.close()


def test_noise_in_one_row_is_a_living_camera(machine: VideoNodes) -> None:
    clock, values = counting(), counting()

    def noisy() -> np.ndarray:
        still = picture(7)
        still[16, 5, 1] = next(values) % 2
        return still

    camera = open_camera(machine, FakeCapture([noisy]), stale_after_s=2.0, clock=lambda: next(clock) * 1_000_000_000)
    for _ in range(20):
        assert camera.read() is not None
    camera.close()


def test_a_camera_that_hangs_is_lost_and_closing_does_not_hang(machine: VideoNodes) -> None:
    never = threading.Event()
    capture = FakeCapture([picture(1), lambda: never.wait(60) and None])
    camera = open_camera(machine, capture, stale_after_s=0.05)
    assert camera.read() is not None
    with pytest.raises(DeviceLost, match=r"^camera 0 \(Integrated Webcam\) has given no picture for 0\.05 s$"):
        camera.read()
    camera.close()
    assert not capture.released.is_set()
    never.set()
    assert capture.released.wait(5), "its own thread releases it once the driver answers"


def test_a_camera_that_opens_and_gives_nothing(machine: VideoNodes) -> None:
    never = threading.Event()
    with pytest.raises(DeviceUnavailable) as caught:
        open_camera(machine, FakeCapture([lambda: never.wait(60) and None]), timeout_s=0.05)
    never.set()
    assert caught.value.message == "camera 0 (Integrated Webcam) gave no picture within 0.05 s"


def test_opencv_raising_is_a_loss(machine: VideoNodes) -> None:
    def raising() -> None:
        raise cv2.error("OpenCV(5.0.0)\n error: (-215) broken")

    camera = open_camera(machine, FakeCapture([picture(1), raising]))
    error = read_until_it_fails(camera)
    assert error.message == "camera 0 (Integrated Webcam) broke off: OpenCV(5.0.0) error: (-215) broken"
    camera.close()


# Why it cannot be had.


def refused(machine: VideoNodes, index: int = 0, *, opened: bool = False) -> DeviceUnavailable:
    with pytest.raises(DeviceUnavailable) as caught:
        CameraSource(index, open_capture=lambda number: FakeCapture([None], opened=opened), host=machine.host)
    return caught.value


def test_absent(machine: VideoNodes) -> None:
    error = refused(machine, 3)
    assert (error.message, error.hint) == ("there is no camera 3", "cameras found: 0 (Integrated Webcam)")


def test_absent_without_any(tmp_path: Path) -> None:
    error = refused(VideoNodes(tmp_path))
    assert (error.message, error.hint) == (
        "there is no camera 0",
        "plug a camera in, or see it work without one: livecut demo",
    )


def test_forbidden(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {0: FakeNode("Webcam", problem=errno.EACCES)})
    error = refused(machine)
    assert error.message == f"no permission to use {machine.path(0)} (Webcam)"
    assert error.hint == "sudo usermod -aG video $USER, then log in again"


@pytest.mark.parametrize("opened", [False, True])
def test_busy(machine: VideoNodes, opened: bool) -> None:
    machine.nodes[0].streaming = True
    machine.opened_by(0, 4711, "zoom")
    error = refused(machine, opened=opened)
    assert error.message == "camera 0 (Integrated Webcam) is busy: zoom (pid 4711) uses it"
    assert error.hint == "close that program, or its video"


def test_busy_in_open(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {0: FakeNode("Webcam", problem=errno.EBUSY)})
    assert refused(machine).message == "camera 0 is busy: another program uses it"


def test_a_virtual_camera_without_a_writer(tmp_path: Path) -> None:
    machine = VideoNodes(tmp_path, {0: FakeNode("livecut", "v4l2 loopback", OUTPUT), 1: FakeNode("Webcam")})
    error = refused(machine)
    assert error.message == f"{machine.path(0)} (livecut) is a virtual camera that no program writes to"
    assert error.hint == "cameras found: 1 (Webcam)"


def test_no_reason_known(machine: VideoNodes) -> None:
    error = refused(machine)
    assert error.message == "camera 0 (Integrated Webcam) cannot be opened"
    assert error.hint == "is it plugged in? livecut devices lists what is found"


def test_a_camera_that_cannot_be_had_is_let_go_before_that_is_said(machine: VideoNodes) -> None:
    """Whoever hears of it may end the program, and a thread inside a driver's call then brings it down."""

    class SlowCapture(FakeCapture):
        def release(self) -> None:
            threading.Event().wait(0.2)
            super().release()

    capture = SlowCapture([None], opened=False)
    with pytest.raises(DeviceUnavailable, match="cannot be opened"):
        open_camera(machine, capture)
    assert capture.released.is_set()
