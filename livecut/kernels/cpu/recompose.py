"""Mixing of blurred layers on a reduced grid with the sharp picture at full resolution."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.kernels.cpu.bands import MOST, in_bands
from livecut.kernels.cpu.purity import MIXED, PERSON, STRIP, judge, run_end
from livecut.kernels.cpu.resample import FAST, enlarge_pixels, taps
from livecut.kernels.cpu.stretches import copy, triple
from livecut.types import Pixels, Plane8, Size

__all__ = ["Recompose", "dither"]

_DITHER_ROWS: Final = 64
_ROWS: Final = 64
"""What a thread takes at a time: each time it begins with two rows of what is enlarged."""
_GROUP: Final = 8
"""Rows whose strips are judged together: all person, all room, or mixed pixel by pixel."""


def dither(rows: int, columns: int) -> NDArray[np.float32]:
    """Thresholds of 0 … 1 (rows, 3 columns) that spread rounding evenly: a blurred wall would show its steps.

    Interleaved gradient noise (J. Jimenez, "Next generation post processing in Call of Duty", 2014), with every
    channel at another place.
    """
    y, x = np.mgrid[0:rows, 0:columns]
    channels = [
        np.modf(52.9829189 * np.modf(0.06711056 * (x + 47 * c) + 0.00583715 * (y + 17 * c))[0])[0] for c in range(3)
    ]
    # Just below 1, so that whole levels stay what they are.
    return (np.stack(channels, axis=-1).reshape(rows, 3 * columns) * 0.999).astype(np.float32)


@njit(cache=True, nogil=True, fastmath=FAST)
def _over_row(
    front: Any, upper: Any, lower: Any, weight: Any, share: Any, noise: Any, k0: int, k1: int, out: Any
) -> None:  # fmt: skip
    scale = np.float32(1.0 / 255.0)
    for k in range(np.uint64(k0), np.uint64(k1)):
        back = upper[k] + (lower[k] - upper[k]) * weight
        mixed = back + (np.float32(front[k]) - back) * (np.float32(share[k]) * scale)
        # A share of 255 gives the front itself but for float rounding, which the floor must not see.
        out[k] = front[k] if share[k] == 255 else np.uint8(mixed + noise[k])


@njit(cache=True, nogil=True, fastmath=FAST)
def _back_row(upper: Any, lower: Any, weight: Any, noise: Any, k0: int, k1: int, out: Any) -> None:
    for k in range(np.uint64(k0), np.uint64(k1)):
        out[k] = np.uint8(upper[k] + (lower[k] - upper[k]) * weight + noise[k])


@njit(cache=True, nogil=True, fastmath=FAST)
def _over_rows(
    first: int, end: int, rows: Any, alpha: Any, back: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any,
    band: Any, share: Any, noise: Any, marks: Any, kinds: Any, out: Any,
) -> None:  # fmt: skip
    last, width = back.shape[1] - 1, alpha.shape[1]
    held = -1
    upper, lower = 0, 1
    for y in range(first, end):
        at = low_y[y]
        if at != held:
            if held >= 0 and at == held + 1:
                upper, lower = lower, upper
            else:
                enlarge_pixels(back, at, low_x, part_x, band[upper])
            enlarge_pixels(back, min(at + 1, last), low_x, part_x, band[lower])
            held = at
        if (y - first) % _GROUP == 0:
            judge(alpha, y, min(y + _GROUP, end), STRIP, marks, kinds)
        grain = noise[y % noise.shape[0]]
        strip = 0
        while strip < kinds.size:
            kind, until = kinds[strip], run_end(kinds, strip)
            x0, x1 = strip * STRIP, min(until * STRIP, width)
            k0, k1 = 3 * x0, 3 * x1
            strip = until
            if kind == MIXED:
                triple(alpha[y], x0, x1, share)
                _over_row(rows[y], band[upper], band[lower], part_y[y], share, grain, k0, k1, out[y])
            elif kind == PERSON:
                copy(rows[y], k0, k1, out[y])
            else:
                _back_row(band[upper], band[lower], part_y[y], grain, k0, k1, out[y])


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _over(
    threads: int, rows: Any, alpha: Any, back: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any, bands: Any,
    shares: Any, noise: Any, out: Any,
) -> None:  # fmt: skip
    count, width = alpha.shape
    for who in prange(threads):
        marks, kinds = np.empty((2, width), np.uint8), np.empty(-(-width // STRIP), np.int64)
        for first in range(who * _ROWS, count, threads * _ROWS):
            _over_rows(
                first, min(first + _ROWS, count), rows, alpha, back, low_x, part_x, low_y, part_y, bands[who],
                shares[who], noise, marks, kinds, out,
            )  # fmt: skip


@njit(cache=True, nogil=True, fastmath=FAST)
def _enlarge_three(planes: Any, k: Any, y: Any, low: Any, part: Any, out: Any) -> None:
    # One plane's row at the target width, every value three times.
    last = planes.shape[2] - 1
    for x in range(low.size):
        a = planes[k, y, low[x]]
        value = a + (planes[k, y, min(low[x] + 1, last)] - a) * part[x]
        out[3 * x] = value
        out[3 * x + 1] = value
        out[3 * x + 2] = value


@njit(cache=True, nogil=True, fastmath=FAST)
def _enlarge_stack(stack: Any, y: Any, low: Any, part: Any, out: Any) -> None:
    width = 3 * low.size
    enlarge_pixels(stack[0:3], y, low, part, out[:width])
    enlarge_pixels(stack[5:8], y, low, part, out[width : 2 * width])
    for k in range(2):
        _enlarge_three(stack, 3 + k, y, low, part, out[(2 + k) * width : (3 + k) * width])


@njit(cache=True, nogil=True, fastmath=FAST)
def _layers_row(front: Any, share: Any, upper: Any, lower: Any, weight: Any, noise: Any, out: Any) -> None:
    # Rows of 4 parts: far levels, near levels times coverage, sharp share of the person, coverage.
    scale, zero, one = np.float32(1.0 / 255.0), np.float32(0.0), np.float32(1.0)
    n = np.uint64(out.size)
    n2, n3 = n + n, n + n + n
    for k in range(n):
        far = upper[k] + (lower[k] - upper[k]) * weight
        near = upper[n + k] + (lower[n + k] - upper[n + k]) * weight
        person = upper[n2 + k] + (lower[n2 + k] - upper[n2 + k]) * weight
        cover = upper[n3 + k] + (lower[n3 + k] - upper[n3 + k]) * weight
        sharp = person * (np.float32(share[k]) * scale)
        mixed = (far + (np.float32(front[k]) - far) * sharp) * (one - cover) + near
        level = np.uint8(min(max(mixed + noise[k], zero), np.float32(255.0)))
        out[k] = front[k] if sharp >= one and cover <= zero else level


@njit(cache=True, nogil=True, fastmath=FAST)
def _layers_rows(
    first: int, end: int, rows: Any, alpha: Any, stack: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any,
    band: Any, share: Any, noise: Any, out: Any,
) -> None:  # fmt: skip
    last = stack.shape[1] - 1
    held = -1
    upper, lower = 0, 1
    for y in range(first, end):
        at = low_y[y]
        if at != held:
            if held >= 0 and at == held + 1:
                upper, lower = lower, upper
            else:
                _enlarge_stack(stack, at, low_x, part_x, band[upper])
            _enlarge_stack(stack, min(at + 1, last), low_x, part_x, band[lower])
            held = at
        triple(alpha[y], 0, alpha.shape[1], share)
        _layers_row(rows[y], share, band[upper], band[lower], part_y[y], noise[y % noise.shape[0]], out[y])


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _layers(
    threads: int, rows: Any, alpha: Any, stack: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any, bands: Any,
    shares: Any, noise: Any, out: Any,
) -> None:  # fmt: skip
    count = alpha.shape[0]
    for who in prange(threads):
        for first in range(who * _ROWS, count, threads * _ROWS):
            _layers_rows(
                first, min(first + _ROWS, count), rows, alpha, stack, low_x, part_x, low_y, part_y, bands[who],
                shares[who], noise, out,
            )  # fmt: skip


class Recompose:
    """Enlarges what is blurred and mixes it with the sharp picture, for frames of one size."""

    def __init__(self, size: Size, block: int, shape: tuple[int, int]) -> None:
        """Take the memory for layers of `shape` (h, w), every pixel of which stands for `block` x `block` pixels."""
        self.size = size
        self._x = taps(shape[1], size.width, block)
        self._y = taps(shape[0], size.height, block)
        self._noise = dither(_DITHER_ROWS, size.width)
        self._band = np.empty((MOST, 2, 3 * size.width), np.float32)
        self._share = np.empty((MOST, 3 * size.width), np.uint8)
        self._stack = np.zeros((8, *shape), np.float32)
        self._bands = np.empty((MOST, 2, 4 * 3 * size.width), np.float32)

    def over(self, rows: Plane8, alpha: Plane8, back: NDArray[np.float32], out: Pixels) -> None:
        """The picture `rows` (H, 3 W) over the levels `back[1:]` (3, h, w), by `alpha` (H, W)."""
        target = out.reshape(rows.shape)
        in_bands(_over, rows, alpha, back[1:], *self._x, *self._y, self._band, self._share, self._noise, target)

    def layers(
        self,
        rows: Plane8,
        alpha: Plane8,
        back: NDArray[np.float32],
        sharp: NDArray[np.float32],
        front: NDArray[np.float32] | None,
        out: Pixels,
    ) -> None:
        """Far, sharp and near over each other.

        `sharp` (h, w) is how much of the person is in focus, of the room nothing is; `front` (4, h, w) coverage and
        levels of what is blurred before it, None for nothing.
        """
        stack = self._stack
        stack[0:3] = back[1:]
        stack[3] = sharp
        if front is None:
            stack[4:] = 0.0
        else:
            np.clip(front[0], 0.0, 1.0, out=stack[4])
            np.multiply(front[1:], stack[4], out=stack[5:])
        target = out.reshape(rows.shape)
        in_bands(_layers, rows, alpha, stack, *self._x, *self._y, self._bands, self._share, self._noise, target)
