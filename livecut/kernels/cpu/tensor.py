"""Pictures into what networks want, and networks' answers into planes."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import cv2
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.kernels.cpu.bands import GRID_ROWS, MOST, in_bands
from livecut.kernels.reflection import mirrored
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

_MOST_PARTS: Final = 257
"""So many times 255 fit sixteen bits."""
_FINE_PARTS: Final = 16384


def empty_plane(size: Size) -> Plane:
    """Memory for one plane of `size`, not initialised."""
    return np.empty((size.height, size.width), np.float32)


@njit(cache=True, nogil=True)
def _add_row(row: Any, share: Any, total: Any) -> None:
    for k in range(total.size):
        total[k] += share * row[k]


@njit(cache=True, nogil=True)
def _set_row(row: Any, share: Any, total: Any) -> None:
    for k in range(total.size):
        total[k] = share * row[k]


@njit(cache=True, nogil=True)
def _sum_up(total: Any, sums: Any) -> None:
    # What lies before each pixel of a row adds up to. It may wrap round: only differences count.
    blue = green = red = np.uint32(0)
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for x in range(np.uint64(total.size // 3)):
        k = three * x
        sums[k] = blue
        sums[k + one] = green
        sums[k + two] = red
        blue += np.uint32(total[k])
        green += np.uint32(total[k + one])
        red += np.uint32(total[k + two])


@njit(cache=True, nogil=True)
def _look_up(total: Any, sums: Any, places: Any, before: Any, cut: Any) -> None:
    # Of the pixel in which each border lies: the sums before it, and itself.
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for x in range(np.uint64(places.size)):
        at, k = np.uint64(places[x]), three * x
        before[k] = sums[at]
        before[k + one] = sums[at + one]
        before[k + two] = sums[at + two]
        cut[k] = total[at]
        cut[k + one] = total[at + one]
        cut[k + two] = total[at + two]


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def _mean_row(before: Any, cut: Any, parts: Any, unit: Any, out: Any) -> None:
    # From each border to the next one: whole pixels, and a part of the one that either lies in.
    half, most, three = np.float32(0.5), np.float32(255.0), np.uint64(3)
    for k in range(np.uint64(out.size)):
        whole = np.int32(before[k + three] - before[k])
        rest = np.float32(cut[k + three]) * parts[k + three] - np.float32(cut[k]) * parts[k]
        # The mean of many 255 may end a hair above 255.5 by rounding, that of many 0 below 0.
        mean = max((np.float32(whole) + rest) * unit, np.float32(0.0))
        out[k] = np.uint8(np.int32(min(mean + half, most)))


@njit(cache=True, nogil=True, fastmath=FASTMATH, parallel=True)
def _mean_over_areas(
    threads: int, flat: Any, share_of_row: int, places: Any, parts: Any, totals: Any, sums: Any, befores: Any,
    cuts: Any, out: Any,
) -> None:  # fmt: skip
    """Each pixel of `out` (h, 3 w) is the mean of what it covers in `flat` (H, 3 W); scratch for each thread."""
    tall, wide = flat.shape[0] / out.shape[0], flat.shape[1] / out.shape[1]
    for who in prange(threads):
        total = totals[who]
        for first in range(who * GRID_ROWS, out.shape[0], threads * GRID_ROWS):
            for y in range(first, min(first + GRID_ROWS, out.shape[0])):
                top, bottom = y * tall, min((y + 1) * tall, float(flat.shape[0]))
                weight = 0
                for source in range(int(top), int(np.ceil(bottom))):
                    share = int(share_of_row * (min(source + 1.0, bottom) - max(float(source), top)) + 0.5)
                    if source == int(top):
                        _set_row(flat[source], total.dtype.type(share), total)
                    else:
                        _add_row(flat[source], total.dtype.type(share), total)
                    weight += share
                _sum_up(total, sums[who])
                _look_up(total, sums[who], places, befores[who], cuts[who])
                _mean_row(befores[who], cuts[who], parts, np.float32(1.0 / (wide * weight)), out[y])


def _borders(source: int, target: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """In which of `source` pixels each of the `target` + 1 borders lies (times three), and where in it, thrice."""
    at = np.minimum(np.arange(target + 1) * (source / target), source)
    first = np.minimum(at.astype(np.int32), source - 1)
    return 3 * first, np.repeat((at - first).astype(np.float32), 3)


class Shrink:
    """Resizes pictures of one size to another one, without aliasing.

    Means over what each pixel covers: a fifth of the time of OpenCV's INTER_AREA at 1280x720, which is slow where the
    ratio is no whole number. Enlarges bilinearly.
    """

    def __init__(self, source: Size, target: Size) -> None:
        if min(*source, *target) < 1:
            raise ValueError(f"cannot resize {source} to {target}")
        self.source = source
        self.target = target
        self._enlarges = source.width < target.width or source.height < target.height
        self._places, self._parts = _borders(source.width, target.width)
        # Rows are weighed in whole parts. Where a few make every share exact, as with the sizes of cameras, sums fit
        # sixteen bits, of which a register holds twice as many.
        tall = source.height / target.height
        exact = next((parts for parts in (1, 2, 4, 8, 16, 32) if (parts * tall).is_integer()), 0)
        fits = 0 < exact * tall <= _MOST_PARTS
        self._share_of_row = (
            exact if fits else max(1, min(_FINE_PARTS, int(2**31 / (256 * tall * (1 + source.width / target.width)))))
        )
        shape = (MOST, 3 * source.width)
        self._totals = np.empty(shape, np.uint16 if fits else np.uint32)
        self._sums = np.empty(shape, np.uint32)
        self._befores = np.empty((MOST, self._parts.size), np.uint32)
        self._cuts = np.empty((MOST, self._parts.size), self._totals.dtype)

    def __call__(self, bgr: Pixels, out: Pixels) -> None:
        """Fill `out` (target height, target width, 3), whose rows may be a part of wider ones."""
        for image, size, what in ((bgr, self.source, "picture"), (out, self.target, "out")):
            if image.shape != (size.height, size.width, 3) or image.dtype != np.uint8:
                raise ValueError(f"{what} must be uint8 ({size.height}, {size.width}, 3), not {image.shape}")
        if out.strides[1:] != (3, 1):
            raise ValueError(f"rows of out must lie in one piece each, not in strides of {out.strides}")
        if self._enlarges:
            np.copyto(out, cv2.resize(bgr, tuple(self.target), interpolation=cv2.INTER_LINEAR))
            return
        flat = np.ascontiguousarray(bgr).reshape(bgr.shape[0], -1)
        scratch = self._totals, self._sums, self._befores, self._cuts
        rows = out.reshape(out.shape[0], -1)
        in_bands(_mean_over_areas, flat, self._share_of_row, self._places, self._parts, *scratch, rows)


_mirrored = njit(cache=True, nogil=True)(mirrored)


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
