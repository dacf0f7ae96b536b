"""Evaluation of a local linear model of coverage on the full picture: alpha in one pass, band by band."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from livecut.kernels.cpu.bands import MOST, ROWS, in_bands
from livecut.kernels.cpu.checks import check_pixels, check_plane8
from livecut.kernels.cpu.resample import FAST, taps
from livecut.types import Pixels, Plane, Plane8, Size

__all__ = ["Coverage", "curved"]

# Columns of the model that are judged together: all sure, or worked out pixel by pixel.
_CHUNK = 16
_NOBODY, _PERSON, _MIXED = 0, 1, 2


@njit(cache=True, nogil=True, fastmath=FAST)
def curved(value: Any) -> Any:
    """Alpha 0 … 255 of a coverage already stretched so that the curve's ends are 0 and 1.

    An S rather than a line: faint veils fade to nothing, and a rim keeps its soft middle.
    """
    t = min(max(value, np.float32(0.0)), np.float32(1.0))
    return np.uint8(t * t * (np.float32(765.0) - np.float32(510.0) * t) + np.float32(0.5))


@njit(cache=True, nogil=True, fastmath=FAST)
def _judge(model: Any, chunk: int, state: Any) -> None:
    # A chunk is sure when its answer cannot depend on the picture: no slope, and the offset beyond one end. What is not
    # a number is never sure.
    _, h, w = model.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    for y in range(h):
        b_row, g_row, r_row, offsets = model[0, y], model[1, y], model[2, y], model[3, y]
        for c in range(state.shape[1]):
            first = np.uint64(c * chunk)
            if b_row[first] != zero or (zero < offsets[first] < one):
                state[y, c] = _MIXED
                continue
            slopes, below, above = 0, 0, 0
            count = np.uint64(min(chunk + 1, w - c * chunk))
            for k in range(count):
                x = first + k
                slopes += (b_row[x] != zero) | (g_row[x] != zero) | (r_row[x] != zero)
                below += offsets[x] <= zero
                above += offsets[x] >= one
            nobody, person = slopes == 0 and below == count, slopes == 0 and above == count
            state[y, c] = _NOBODY if nobody else (_PERSON if person else _MIXED)


# Ranges inside whole rows are walked with unsigned indices: slices cost more than their short loops, and a signed start
# that may be negative makes numba wrap every index round, which keeps the loop from being vectorised.


@njit(cache=True, nogil=True, fastmath=FAST)
def _enlarge(row: Any, low: Any, weight: Any, x0: int, x1: int, out: Any) -> None:
    last, one = np.uint64(row.size - 1), np.uint64(1)
    for x in range(np.uint64(x0), np.uint64(x1)):
        left = np.uint64(low[x])
        a = row[left]
        out[x] = a + (row[min(left + one, last)] - a) * weight[x]


@njit(cache=True, nogil=True, fastmath=FAST)
def _evaluate(pixels: Any, upper: Any, lower: Any, weight: Any, x0: int, x1: int, out: Any) -> None:
    three, one, two = np.uint64(3), np.uint64(1), np.uint64(2)
    b_upper, g_upper, r_upper, offset_upper = upper[0], upper[1], upper[2], upper[3]
    b_lower, g_lower, r_lower, offset_lower = lower[0], lower[1], lower[2], lower[3]
    for x in range(np.uint64(x0), np.uint64(x1)):
        k = three * x
        b = b_upper[x] + (b_lower[x] - b_upper[x]) * weight
        g = g_upper[x] + (g_lower[x] - g_upper[x]) * weight
        r = r_upper[x] + (r_lower[x] - r_upper[x]) * weight
        offset = offset_upper[x] + (offset_lower[x] - offset_upper[x]) * weight
        value = b * np.float32(pixels[k]) + g * np.float32(pixels[k + one]) + r * np.float32(pixels[k + two])
        out[x] = curved(value + offset)


@njit(cache=True, nogil=True, fastmath=FAST)
def _between(state: Any, y: int, c: int) -> int:
    """What lies between rows `y` and `y + 1` of the model in a chunk."""
    below = min(y + 1, state.shape[0] - 1)
    return state[y, c] if state[y, c] == state[below, c] else _MIXED


@njit(cache=True, nogil=True, fastmath=FAST)
def _enlarge_mixed(model: Any, y: int, state: Any, edges: Any, low: Any, weight: Any, out: Any) -> None:
    # Row `y` of the model is wanted wherever the band above or below it is mixed.
    chunks = state.shape[1]
    first = 0
    while first < chunks:
        end = first
        while end < chunks and (_between(state, max(y - 1, 0), end) == _MIXED or _between(state, y, end) == _MIXED):
            end += 1
        if end > first:
            x0, x1 = edges[first], edges[end]
            for k in range(4):
                _enlarge(model[k, y], low, weight, x0, x1, out[k])
        first = max(end, first + 1)


@njit(cache=True, nogil=True, fastmath=FAST)
def _apply_rows(
    first_row: int, end_row: int, rows: Any, model: Any, state: Any, edges: Any, low_x: Any, weight_x: Any, low_y: Any,
    weight_y: Any, band: Any, out: Any,
) -> None:  # fmt: skip
    # `band` (2, 4, W) holds two rows of the model at full width; they roll down the picture.
    last = model.shape[1] - 1
    chunks = state.shape[1]
    held, upper, lower = -1, 0, 1
    for y in range(first_row, end_row):
        at = low_y[y]
        if at != held:
            if held >= 0 and at == held + 1:
                upper, lower = lower, upper
            else:
                _enlarge_mixed(model, at, state, edges, low_x, weight_x, band[upper])
            _enlarge_mixed(model, min(at + 1, last), state, edges, low_x, weight_x, band[lower])
            held = at
        first = 0
        while first < chunks:
            kind = _between(state, at, first)
            end = first + 1
            while end < chunks and _between(state, at, end) == kind:
                end += 1
            x0, x1 = edges[first], edges[end]
            if kind == _MIXED:
                _evaluate(rows[y], band[upper], band[lower], weight_y[y], x0, x1, out[y])
            else:
                out[y, x0:x1] = 255 if kind == _PERSON else 0
            first = end


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _apply(
    threads: int, rows: Any, model: Any, state: Any, edges: Any, low_x: Any, weight_x: Any, low_y: Any, weight_y: Any,
    bands: Any, out: Any,
) -> None:  # fmt: skip
    count = out.shape[0]
    for who in prange(threads):
        for first in range(who * ROWS, count, threads * ROWS):
            end = min(first + ROWS, count)
            _apply_rows(first, end, rows, model, state, edges, low_x, weight_x, low_y, weight_y, bands[who], out)


class Coverage:
    """Turns models of one size into alpha for frames of one size."""

    def __init__(self, size: Size, plane_size: Size) -> None:
        """Take the memory: two rows of the model at full width for each thread, never a plane."""
        self.size = size
        self.plane_size = plane_size
        self._x = taps(plane_size.width, size.width)
        self._y = taps(plane_size.height, size.height)
        chunks = max(1, -(-(plane_size.width - 1) // _CHUNK))
        self._state = np.empty((plane_size.height, chunks), np.uint8)
        self._edges = np.searchsorted(self._x[0], np.arange(chunks + 1) * _CHUNK)
        self._edges[0], self._edges[-1] = 0, size.width
        self._bands = np.empty((MOST, 2, 4, size.width), np.float32)

    def __call__(self, bgr: Pixels, model: Plane, out: Plane8) -> None:
        """Fill `out` (H, W) uint8 from `bgr` (H, W, 3) uint8 and `model` (4 or more, h, w) float32.

        Planes 0 … 2 are slopes a level of b, g, r, plane 3 the offset; their value at a pixel, 0 … 1 between the ends
        of the coverage curve, goes through `curved`.
        """
        check_pixels("bgr", bgr, self.size)
        check_plane8("out", out, self.size)
        _judge(model, _CHUNK, self._state)
        rows = bgr.reshape(bgr.shape[0], -1)
        in_bands(_apply, rows, model, self._state, self._edges, *self._x, *self._y, self._bands, out)
