"""A real portrait that moves like a webcam picture, for a first run, tests and measurements without a camera."""

from __future__ import annotations

import math
import time
from importlib.util import find_spec
from typing import Final

import numpy as np
from numpy.typing import NDArray

from livecut.errors import DeviceUnavailable
from livecut.types import Frame, Pixels, Size

__all__ = ["PORTRAIT_SIDE", "DemoSource", "portrait", "portrait_to_frame"]

PORTRAIT_SIDE: Final = 512
"""Width and height of the portrait in pixels."""

_DEFAULT_SIZE: Final = Size(1280, 720)
_DEFAULT_FPS: Final = 30.0

# The framing, in pixels of the portrait: her head ends 15 pixels below its upper border, so the frame may come down by
# less than that, and she stands left of its middle.
_ZOOM: Final = 1.11
_ZOOM_SWING: Final = 0.06
_TILT_DEG: Final = 0.8
_PAN: Final = 64.0
_PAN_FROM: Final = 0.43
_RISE: Final = 8.0
_GAIN_SWING: Final = 0.1
_NOISE_SIGMA: Final = 2.2
_LARGEST_MASTER: Final = 2048


def portrait() -> Pixels:
    """The portrait itself: (512, 512, 3) BGR.

    Eileen Collins, astronaut, photographed by NASA (public domain, Great Images in NASA); scikit-image carries it as
    `skimage.data.astronaut()`. Raises `DeviceUnavailable` when scikit-image is not installed.
    """
    try:
        from skimage import data
    except ImportError as error:
        raise _not_installed() from error
    rgb: Pixels = data.astronaut()  # type: ignore[no-untyped-call, unused-ignore]
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _check_installed() -> None:
    """Only looked for: to read it takes longer than the privacy card may be waited for."""
    if find_spec("skimage") is None:
        raise _not_installed()


def _not_installed() -> DeviceUnavailable:
    return DeviceUnavailable(
        "the demo source needs scikit-image, which carries its portrait", hint="pip install 'livecut[demo]'"
    )


def portrait_to_frame(index: int, size: Size = _DEFAULT_SIZE, fps: float = _DEFAULT_FPS) -> NDArray[np.float64]:
    """The 2x3 affine map from pixels of the portrait to pixels of frame `index`.

    Pixel centres stand at whole numbers in both, as in OpenCV. No frame, whatever its aspect, leaves the portrait.
    """
    seconds = index / fps
    zoom = _ZOOM + _ZOOM_SWING * _wave(seconds, 11.0, 0.6)
    tilt = math.radians(_TILT_DEG) * _wave(seconds, 7.3, 0.0)
    cos, sin = math.cos(tilt), math.sin(tilt)
    scale = max(size.width, size.height) * zoom / PORTRAIT_SIDE
    across, down = size.width / scale, size.height / scale
    # The upright box round the tilted frame must lie within the portrait.
    box_across, box_down = across * cos + down * abs(sin), down * cos + across * abs(sin)
    spare_across, spare_down = PORTRAIT_SIDE - box_across, PORTRAIT_SIDE - box_down
    pan = min(spare_across, _PAN)
    left = (spare_across - pan) * _PAN_FROM + pan * (0.42 + 0.38 * _wave(seconds, 9.1, 0.2))
    top = min(spare_down, _RISE) * (0.5 + 0.5 * _wave(seconds, 5.7, 0.3))
    centre_x, centre_y = left + box_across / 2 - 0.5, top + box_down / 2 - 0.5
    linear = scale * np.array([[cos, -sin], [sin, cos]])
    shift = np.array([(size.width - 1) / 2, (size.height - 1) / 2]) - linear @ np.array([centre_x, centre_y])
    return np.column_stack([linear, shift])


def _wave(seconds: float, period_s: float, phase: float) -> float:
    """-1 … 1; periods without a common multiple keep the motion from repeating."""
    return math.sin(2 * math.pi * (seconds / period_s + phase))


class DemoSource:
    """NASA's portrait of Eileen Collins under pan, zoom, sway, exposure change and sensor noise.

    A pure function of the frame number: `render(index)` gives the same bytes in every process. Endless unless `frames`
    says after how many `read` answers None. Not live: it makes frames as fast as they are taken.
    """

    def __init__(self, size: Size | None = None, fps: float | None = None, frames: int | None = None) -> None:
        self._size = Size(*size) if size is not None else _DEFAULT_SIZE
        self._fps = float(fps) if fps is not None else _DEFAULT_FPS
        if min(self._size) < 1:
            raise ValueError(f"a frame cannot be {self._size} pixels")
        if not (self._fps > 0 and math.isfinite(self._fps)):
            raise ValueError(f"fps must be above 0, not {fps}")
        if frames is not None and frames < 0:
            raise ValueError(f"frames must not be negative, not {frames}")
        self._frames = frames
        self._next = 0
        self._closed = False
        _check_installed()
        self._master: Pixels | None = None

    @property
    def name(self) -> str:
        """`demo`."""
        return "demo"

    @property
    def size(self) -> Size:
        """Size of the frames."""
        return self._size

    @property
    def fps(self) -> float:
        """Frames per second at which the motion has its natural pace."""
        return self._fps

    @property
    def live(self) -> bool:
        """False: nothing is lost by waiting."""
        return False

    def transform(self, index: int) -> NDArray[np.float64]:
        """The 2x3 affine map from pixels of the portrait to pixels of frame `index` (see `portrait_to_frame`)."""
        return portrait_to_frame(index, self._size, self._fps)

    def render(self, index: int) -> Pixels:
        """Frame `index` (0 and up), in fresh memory."""
        if index < 0:
            raise ValueError(f"a frame number is not negative, not {index}")
        # Here, not above: the privacy card is at the output before what these need could be read.
        from livecut.kernels.cpu.sensor import expose, warp

        master = self._make_ready() if self._master is None else self._master
        out: Pixels = np.empty_like(self._sharp)
        warp(master, self._frame_to_master(index, master.shape[0]), self._sharp)
        gain = 1.0 + _GAIN_SWING * _wave(index / self._fps, 6.1, 0.0)
        expose(self._sharp, gain, self._noise, index, out)
        return out

    def read(self) -> Frame | None:
        """The next frame; None after `frames` of them, or once closed."""
        if self._closed or (self._frames is not None and self._next >= self._frames):
            return None
        frame = Frame(self.render(self._next), self._next, time.monotonic_ns())
        self._next += 1
        return frame

    def close(self) -> None:
        """End the source. Idempotent."""
        self._closed = True

    def _make_ready(self) -> Pixels:
        import cv2

        from livecut.kernels.cpu.sensor import noise_strip

        # A master of about the frame's own scale: bilinear sampling then neither blurs nor aliases.
        side = min(max(round(max(self._size) * _ZOOM), 1), _LARGEST_MASTER)
        enlarging = side > PORTRAIT_SIDE
        master: Pixels = np.ascontiguousarray(
            cv2.resize(portrait(), (side, side), interpolation=cv2.INTER_CUBIC if enlarging else cv2.INTER_AREA),
            np.uint8,
        )
        self._sharp: Pixels = np.empty((self._size.height, self._size.width, 3), np.uint8)
        self._noise = noise_strip(4 * 3 * max(self._size.width, 4096), _NOISE_SIGMA, seed=1)
        self._master = master
        return master

    def _frame_to_master(self, index: int, side: int) -> NDArray[np.float64]:
        forward = self.transform(index)
        inverse = np.linalg.inv(forward[:, :2])
        ratio = side / PORTRAIT_SIDE
        offset = -inverse @ forward[:, 2]
        return np.column_stack([inverse * ratio, (offset + 0.5) * ratio - 0.5])
