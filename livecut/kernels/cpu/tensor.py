"""Pictures into what networks want, and networks' answers into planes."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import cv2
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.kernels.cpu.bands import MOST, in_bands
from livecut.types import Pixels, Plane, Size

__all__ = [
    "Activation",
    "Shrink",
    "activate",
    "copy_plane",
    "empty_plane",
    "mirror_edges",
    "scale_depth",
    "to_tensor",
]

Activation: TypeAlias = Literal["none", "sigmoid", "softmax"]

# Not nnan or ninf: a NaN in a network's answer must reach the plan, which fails closed on it.
FASTMATH: Final = {"contract", "reassoc", "nsz", "arcp", "afn"}


def empty_plane(size: Size) -> Plane:
    """Memory for one plane of `size`, not initialised."""
    return np.empty((size.height, size.width), np.float32)


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def _mean_row(flat: Any, tall: float, wide: float, y: int, row: Any, out: Any) -> None:
    unit = np.float32(1.0 / (tall * wide))
    top, bottom = y * tall, min((y + 1) * tall, flat.shape[0])
    row[:] = np.float32(0.0)
    for source in range(int(top), int(np.ceil(bottom))):
        share = np.float32(min(source + 1.0, bottom) - max(float(source), top)) * unit
        for x in range(row.size):
            row[x] += share * np.float32(flat[source, x])
    for x in range(out.shape[1]):
        left, right = x * wide, min((x + 1) * wide, row.size // 3)
        blue = green = red = np.float32(0.5)
        for source in range(int(left), int(np.ceil(right))):
            share = np.float32(min(source + 1.0, right) - max(float(source), left))
            blue += share * row[3 * source]
            green += share * row[3 * source + 1]
            red += share * row[3 * source + 2]
        # The mean of many 255 may end a hair above 255.5 by rounding.
        out[y, x, 0] = min(blue, np.float32(255.0))
        out[y, x, 1] = min(green, np.float32(255.0))
        out[y, x, 2] = min(red, np.float32(255.0))


@njit(cache=True, nogil=True, fastmath=FASTMATH, parallel=True)
def _mean_over_areas(threads: int, flat: Any, rows: Any, out: Any) -> None:
    """Each pixel of `out` is the mean of what it covers in `flat` (H, 3 W); `rows` is a row of scratch a thread."""
    tall, wide = flat.shape[0] / out.shape[0], flat.shape[1] / (3 * out.shape[1])
    for who in prange(threads):
        for y in range(who, out.shape[0], threads):
            _mean_row(flat, tall, wide, y, rows[who], out)


class Shrink:
    """Resizes pictures of one size to another one, without aliasing.

    Halves by OpenCV's vectorised 2x2 mean while that is exact, then means over what each pixel covers: a fifth of the
    time of OpenCV's own INTER_AREA at 1280x720, which is slow where the ratio is no whole number. Enlarges bilinearly.
    """

    def __init__(self, source: Size, target: Size) -> None:
        if min(*source, *target) < 1:
            raise ValueError(f"cannot resize {source} to {target}")
        self.source = source
        self.target = target
        self._halves: list[Pixels] = []
        width, height = source
        while width % 2 == 0 == height % 2 and width >= 2 * target.width and height >= 2 * target.height:
            width, height = width // 2, height // 2
            self._halves.append(np.empty((height, width, 3), np.uint8))
        self._rows = np.empty((MOST, 3 * width), np.float32)
        self._enlarges = width < target.width or height < target.height

    def __call__(self, bgr: Pixels, out: Pixels) -> None:
        """Fill `out` (target height, target width, 3), whose rows may be a part of wider ones."""
        for image, size, what in ((bgr, self.source, "picture"), (out, self.target, "out")):
            if image.shape != (size.height, size.width, 3) or image.dtype != np.uint8:
                raise ValueError(f"{what} must be uint8 ({size.height}, {size.width}, 3), not {image.shape}")
        for half in self._halves:
            cv2.resize(bgr, (half.shape[1], half.shape[0]), dst=half, interpolation=cv2.INTER_AREA)
            bgr = half
        if self._enlarges:
            np.copyto(out, cv2.resize(bgr, tuple(self.target), interpolation=cv2.INTER_LINEAR))
        else:
            flat = np.ascontiguousarray(bgr).reshape(bgr.shape[0], -1)
            in_bands(_mean_over_areas, flat, self._rows, out)


@njit(cache=True, nogil=True)
def _mirrored(position: int, start: int, count: int) -> int:
    """The place in start … start + count - 1 that `position` is a reflection of; the edge pixel is not doubled."""
    if count == 1:
        return start
    period = 2 * (count - 1)
    offset = (position - start) % period
    return start + (offset if offset < count else period - offset)


@njit(cache=True, nogil=True)
def _mirror_edges(image: Any, left: int, top: int, width: int, height: int) -> None:
    for x in range(image.shape[1]):
        if not left <= x < left + width:
            source = _mirrored(x, left, width)
            for y in range(top, top + height):
                for channel in range(image.shape[2]):
                    image[y, x, channel] = image[y, source, channel]
    for y in range(image.shape[0]):
        if not top <= y < top + height:
            image[y] = image[_mirrored(y, top, height)]


def mirror_edges(image: Pixels, x: int, y: int, width: int, height: int) -> None:
    """Continue the part of `image` (h, w, 3) at `x`, `y` to all sides by its own reflections, in place."""
    if min(x, y) < 0 or not (0 < width <= image.shape[1] - x and 0 < height <= image.shape[0] - y):
        raise ValueError(f"no part of {width}x{height} at {x}, {y} in an image of shape {image.shape}")
    _mirror_edges(image, x, y, width, height)


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def _to_nchw(image: Any, scale: Any, bias: Any, reverse: bool, out: Any) -> None:
    height, width = image.shape[0], image.shape[1]
    for channel in range(3):
        source = 2 - channel if reverse else channel
        factor, shift = scale[channel], bias[channel]
        for y in range(height):
            for x in range(width):
                out[channel, y, x] = np.float32(image[y, x, source]) * factor + shift


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def _to_nhwc(image: Any, scale: Any, bias: Any, reverse: bool, out: Any) -> None:
    height, width = image.shape[0], image.shape[1]
    for y in range(height):
        for x in range(width):
            for channel in range(3):
                source = 2 - channel if reverse else channel
                out[y, x, channel] = np.float32(image[y, x, source]) * scale[channel] + bias[channel]


def to_tensor(image: Pixels, out: NDArray[Any], *, mean: Plane, std: Plane, rgb: bool, nchw: bool) -> None:
    """Write `(pixel - mean) / std` of a BGR picture (h, w, 3) into a network's float32 input.

    `out` is (1, 3, h, w) for `nchw`, else (1, h, w, 3); `mean` and `std` are float32 (3,) in the order of `out`.
    """
    height, width = image.shape[:2]
    shape = (1, 3, height, width) if nchw else (1, height, width, 3)
    if out.shape != shape or out.dtype != np.float32:
        raise ValueError(f"out must be float32 {shape}, not {out.dtype} {out.shape}")
    scale = (1.0 / std).astype(np.float32)
    bias = (-mean / std).astype(np.float32)
    kernel = _to_nchw if nchw else _to_nhwc
    kernel(image, scale, bias, rgb, out[0])


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def _unit(raw: Any, out: Any) -> None:
    for y in range(raw.shape[0]):
        for x in range(raw.shape[1]):
            value = raw[y, x]
            # Written so that NaN stays NaN.
            out[y, x] = np.float32(0.0) if value < 0.0 else (np.float32(1.0) if value > 1.0 else value)


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def _sigmoid(raw: Any, out: Any) -> None:
    one = np.float32(1.0)
    for y in range(raw.shape[0]):
        for x in range(raw.shape[1]):
            out[y, x] = one / (one + np.exp(-raw[y, x]))


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def _softmax(raw: Any, channel: int, out: Any) -> None:
    one = np.float32(1.0)
    for y in range(raw.shape[1]):
        for x in range(raw.shape[2]):
            # 1 / sum(exp(other - own)) needs no maximum: it tends to 0 where an exponential overflows.
            total = one
            for other in range(raw.shape[0]):
                if other != channel:
                    total += np.exp(raw[other, y, x] - raw[channel, y, x])
            out[y, x] = one / total


def activate(raw: NDArray[np.float32], channel: int, activation: Activation, out: Plane) -> None:
    """Make an alpha of 0 … 1 from one channel of a network's answer (channels, h, w); NaN stays NaN.

    `none` only holds values within 0 … 1, which interpolation inside a network may leave by a little.
    """
    _check_planes(raw, channel, out)
    if activation == "softmax":
        _softmax(raw, channel, out)
    elif activation == "sigmoid":
        _sigmoid(raw[channel], out)
    else:
        _unit(raw[channel], out)


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def _scale_depth(raw: Any, factor: float, shift: float, out: Any) -> None:
    scale, offset = np.float32(factor), np.float32(shift)
    for y in range(raw.shape[0]):
        for x in range(raw.shape[1]):
            value = raw[y, x] * scale + offset
            out[y, x] = np.float32(0.0) if value < 0.0 else (np.float32(1.0) if value > 1.0 else value)


def scale_depth(raw: NDArray[np.float32], channel: int, *, far: float, near: float, out: Plane) -> None:
    """Make nearness of 0 … 1 from one channel of a network's answer (channels, h, w); NaN stays NaN."""
    _check_planes(raw, channel, out)
    factor = 1.0 / (near - far)
    _scale_depth(raw[channel], factor, -far * factor, out)


def _check_planes(raw: NDArray[Any], channel: int, out: NDArray[Any]) -> None:
    if raw.ndim != 3 or not 0 <= channel < raw.shape[0]:
        raise ValueError(f"no channel {channel} in an answer of shape {raw.shape}")
    if out.shape != raw.shape[1:] or out.dtype != np.float32 or raw.dtype != np.float32:
        raise ValueError(f"planes must be float32 {raw.shape[1:]}, not {out.dtype} {out.shape}")


def copy_plane(plane: Plane, x: int, y: int, out: Plane) -> None:
    """Copy the part of `plane` at `x`, `y` that is as large as `out`."""
    height, width = out.shape
    np.copyto(out, plane[y : y + height, x : x + width])
