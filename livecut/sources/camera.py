"""A webcam as a source, through OpenCV; its own thread reads, so that a camera that hangs is noticed."""

from __future__ import annotations

import errno
import logging
import sys
import threading
import time
import zlib
from collections.abc import Callable
from typing import Any, Final, Protocol

import cv2
import numpy as np

from livecut import v4l2
from livecut.errors import DeviceError, DeviceLost, DeviceUnavailable
from livecut.sources.devices import backend, cameras, known_cameras
from livecut.types import Frame, Pixels, Size

__all__ = ["CameraSource", "Capture"]

_log = logging.getLogger(__name__)

FAILED_READS_IN_A_ROW: Final = 10
"""A single one is a damaged MJPG picture; this many are a camera that was pulled out."""
CHECKED_ROWS: Final = 8
"""The stale-picture watchdog looks at every eighth row: a sensor's noise is in all of them."""
CLOSE_WAIT_S: Final = 1.0


class Capture(Protocol):
    """The part of `cv2.VideoCapture` that is used."""

    def isOpened(self) -> bool: ...  # noqa: N802, D102
    def set(self, prop: int, value: float, /) -> bool: ...  # noqa: D102
    def get(self, prop: int, /) -> float: ...  # noqa: D102
    def read(self) -> tuple[bool, Any]: ...  # noqa: D102
    def release(self) -> None: ...  # noqa: D102


def _open_capture(index: int) -> Capture:
    # OpenCV's own warnings about what is wrong go to stderr by twos and threes; the error raised here says it better.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return cv2.VideoCapture(index, backend())


class CameraSource:
    """Newest frame first: what nobody read in time is dropped, and the index shows the gap.

    Raises `DeviceUnavailable` when the camera is absent, busy or forbidden, or gives no picture within `timeout_s`.
    `read` raises `DeviceLost` when it went away, gives nothing for `stale_after_s`, or answers the very same picture
    for as long: some drivers do so for ever once the camera is unplugged, and a real sensor always has noise.
    """

    live: Final = True

    def __init__(
        self,
        index: int,
        *,
        size: Size | None = None,
        fps: float | None = None,
        mjpg: bool = True,
        stale_after_s: float = 3.0,
        timeout_s: float = 10.0,
        open_capture: Callable[[int], Capture] = _open_capture,
        clock: Callable[[], int] = time.monotonic_ns,
        host: v4l2.Host = v4l2.LIVE,
    ) -> None:
        self._index = index
        self._host = host
        self._stale_after_s = stale_after_s
        self._open_capture = open_capture
        self._clock = clock
        self._asked = (size, fps, mjpg)
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._latest: Frame | None = None
        self._failure: DeviceError | None = None
        self.fps = fps or 30.0
        """As the driver says; what was asked where it says nothing."""
        self.format = ""
        """Pixel format the driver gives, e.g. `MJPG`."""
        self.name: Final = self._find()
        self._thread = threading.Thread(target=self._capture, name=f"camera {index}", daemon=True)
        self._thread.start()
        self.size: Final = self._first(timeout_s).size
        _log.info("%s: %s at %g fps, %s", self.name, self.size, self.fps, self.format or "unknown format")
        if size is not None and self.size != size:
            _log.warning("%s gives %s, not %s as asked", self.name, self.size, size)

    def read(self) -> Frame | None:
        """Block for a frame newer than the last one."""
        with self._changed:
            arrived = self._changed.wait_for(self._has_news, self._stale_after_s)
            if self._failure is not None:
                raise self._failure
            if not arrived:
                raise DeviceLost(f"{self.name} has given no picture for {self._stale_after_s:g} s")
            frame, self._latest = self._latest, None
            return frame

    def close(self) -> None:
        """Release the camera; one that hangs in its driver is left to a thread that ends with the program."""
        self._stop.set()
        self._thread.join(CLOSE_WAIT_S)

    def _first(self, timeout_s: float) -> Frame:
        """Wait for the first frame and leave it for `read`."""
        with self._changed:
            self._changed.wait_for(self._has_news, timeout_s)
            if self._latest is not None:
                return self._latest
        if self._failure is None:
            self._stop.set()  # and left to its thread: a driver that does not answer ends no sooner
        else:
            # It still lets go of the camera: a program that ended meanwhile would be brought down from inside OpenCV.
            self.close()
        raise self._failure or DeviceUnavailable(
            f"{self.name} gave no picture within {timeout_s:g} s", hint="unplug it and plug it in again"
        )

    def _has_news(self) -> bool:
        return self._latest is not None or self._failure is not None

    # What follows runs on the camera's own thread.

    def _capture(self) -> None:
        capture: Capture | None = None
        try:
            capture = self._open_capture(self._index)
            if not capture.isOpened():
                raise self._unavailable()
            self._negotiate(capture)
            self._read_all(capture)
        except DeviceError as error:
            self._fail(error)
        except cv2.error as error:
            self._fail(DeviceLost(f"{self.name} broke off: {' '.join(str(error).split())}"))
        finally:
            if capture is not None:
                capture.release()

    def _negotiate(self, capture: Capture) -> None:
        size, fps, mjpg = self._asked
        if mjpg:
            # Before the size: the driver refuses sizes that the format in force does not have.
            capture.set(cv2.CAP_PROP_FOURCC, _code("MJPG"))
        if size is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, size.width)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size.height)
        if fps is not None:
            capture.set(cv2.CAP_PROP_FPS, fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # each further buffer is a frame of delay
        given = capture.get(cv2.CAP_PROP_FPS)
        if 0 < given <= 1000:
            self.fps = float(given)
        self.format = _text(int(capture.get(cv2.CAP_PROP_FOURCC)))

    def _read_all(self, capture: Capture) -> None:
        failed = index = 0
        checksum: int | None = None
        since = self._clock()
        while not self._stop.is_set():
            good, bgr = capture.read()
            now = self._clock()
            if not good or bgr is None:
                failed += 1
                if failed == FAILED_READS_IN_A_ROW:
                    raise self._unavailable() if index == 0 else DeviceLost(f"{self.name} was lost", hint=_PLUG)
                self._stop.wait(0.01)
                continue
            failed = 0
            latest = zlib.crc32(bgr[::CHECKED_ROWS].tobytes())
            if latest != checksum:
                checksum, since = latest, now
            elif now - since > self._stale_after_s * 1e9:
                raise DeviceLost(f"{self.name} keeps giving the very same picture", hint=_STALE)
            self._publish(Frame(_bgr(bgr), index, now))
            index += 1

    def _publish(self, frame: Frame) -> None:
        with self._changed:
            self._latest = frame
            self._changed.notify_all()

    def _fail(self, error: DeviceError) -> None:
        with self._changed:
            self._failure = error
            self._changed.notify_all()

    # Why a camera cannot be had: OpenCV only says that it cannot.

    def _find(self) -> str:
        """The name for people; raises when the system itself says that the camera cannot be used."""
        if sys.platform != "linux":
            known = {camera.index: camera for camera in cameras()}
        else:
            known = {camera.index: camera for camera in cameras(host=self._host)}
            self._check_node()
        camera = known.get(self._index)
        return f"camera {self._index} ({camera.name})" if camera else f"camera {self._index}"

    def _check_node(self) -> None:
        node = next((node for node in v4l2.nodes(self._host) if node.number == self._index), None)
        if node is None:
            raise DeviceUnavailable(f"there is no camera {self._index}", hint=known_cameras(cameras(host=self._host)))
        if node.problem in (errno.EACCES, errno.EPERM):
            raise DeviceUnavailable(
                f"no permission to use {node.path} ({node.name})",
                hint="sudo usermod -aG video $USER, then log in again",
            )
        if node.problem == errno.EBUSY:
            raise self._unavailable()
        if not node.problem and not node.captures:
            raise DeviceUnavailable(
                f"{node.path} ({node.name}) is a virtual camera that no program writes to",
                hint=known_cameras(cameras(host=self._host)),
            )

    def _unavailable(self) -> DeviceUnavailable:
        name = getattr(self, "name", f"camera {self._index}")
        if sys.platform == "linux":
            path = str(self._host.dev / f"video{self._index}")
            if v4l2.is_streaming(path, self._host):
                users = ", ".join(map(str, v4l2.holders(path, self._host))) or "another program"
                return DeviceUnavailable(f"{name} is busy: {users} uses it", hint="close that program, or its video")
        return DeviceUnavailable(f"{name} cannot be opened", hint=_OPEN_HINTS.get(sys.platform, _PLUG))


_PLUG: Final = "is it plugged in? livecut devices lists what is found"
_STALE: Final = "was it unplugged, or its shutter closed? source.stale_after_s sets how long this is borne"
_OPEN_HINTS: Final = {
    "darwin": "allow it under System Settings > Privacy & Security > Camera; livecut devices lists what is found",
    "win32": "allow it under Settings > Privacy & security > Camera, and close other programs that use it",
}


def _bgr(pixels: Any) -> Pixels:
    """What a capture gives as BGR: some drivers give grey only."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    return np.ascontiguousarray(pixels, dtype=np.uint8)


def _code(text: str) -> int:
    return int.from_bytes(text.encode("ascii"), "little")


def _text(code: int) -> str:
    raw = (code & 0xFFFFFFFF).to_bytes(4, "little")
    return raw.decode("ascii").strip() if raw.isascii() and raw.decode("ascii").isprintable() else ""
