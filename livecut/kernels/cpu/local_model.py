"""Local linear model of a matte: in every window of the network's grid, coverage as a linear function of colour.

Worked out a tile of a row at a time and only where it is asked for: where all around is sure, nobody looks at it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.kernels.cpu.bands import GRID_ROWS, in_bands
from livecut.kernels.cpu.resample import FAST
from livecut.types import Pixels, Plane, Size

__all__ = ["FULL_DOUBT", "LEAST_EPSILON", "MODEL", "MOST_RADIUS", "NO_DOUBT", "LocalModel"]

MODEL: Final = 5
"""Planes that a window is fitted by: slopes for b, g, r (coverage a unit of 0 … 1), offset, mean doubt (0 … 1)."""
NO_DOUBT: Final = 0.04
"""Up to this mean doubt (4 p (1 - p)) of the surroundings the model does not count: the network's own answer does."""
FULL_DOUBT: Final = 0.24
"""From this one on it counts in full."""
LEAST_EPSILON: Final = 1e-5
"""Of less regularisation single precision leaves nothing where a window has one colour."""
MOST_RADIUS: Final = 16
"""Largest radius of a window."""

# Columns whose doubt is looked at together, a tile, and a tile with the windows' reach to both sides: constants, so
# that loops over them are whole registers.
_CELL = 8
_TILE = 64
_WIDE = _TILE + 2 * MOST_RADIUS
# Sums of a window: guide (b, g, r), its six products, the matte, guide times matte, the matte's doubt.
_STATISTICS = 14
# The radius that has loops of its own.
_USUAL = 2
# What it needs of a tile's reach, in whole registers.
_FROM, _TO = MOST_RADIUS - 8, MOST_RADIUS + _TILE + 8


@njit(cache=True, nogil=True, fastmath=FAST)
def _planes(guide: Any, matte: Any, y: int, planes: Any) -> None:
    # Rows of guide and matte between columns of nothing: four planes (h, 16 + w + at least 16).
    level = np.float32(1.0 / 255.0)
    for x in range(matte.shape[1]):
        planes[0, y, MOST_RADIUS + x] = np.float32(guide[y, x, 0]) * level
        planes[1, y, MOST_RADIUS + x] = np.float32(guide[y, x, 1]) * level
        planes[2, y, MOST_RADIUS + x] = np.float32(guide[y, x, 2]) * level
    for x in range(matte.shape[1]):
        planes[3, y, MOST_RADIUS + x] = matte[y, x]


@njit(cache=True, nogil=True, fastmath=FAST)
def _doubts(row: Any, radius: int, marks: Any, reach: Any, fitted: Any) -> None:
    # Where doubt reaches: a mean of means over windows is no larger than the largest value within two radii; what is
    # averaged there is fitted within a third. `marks` holds the row's cells, `reach` and `fitted` its tiles.
    one, four, least = np.float32(1.0), np.float32(4.0), np.float32(0.99 * NO_DOUBT)
    for cell in range(marks.size):
        doubtful = 0
        for x in range(np.uint64(cell * _CELL), np.uint64(min((cell + 1) * _CELL, row.size))):
            doubtful += four * row[x] * (one - row[x]) > least
        marks[cell] = doubtful > 0
    reach[:] = 0
    fitted[:] = 0
    for cell in range(marks.size):
        if marks[cell]:
            x0, x1 = cell * _CELL, (cell + 1) * _CELL - 1
            last = reach.size - 1
            for tile in range(max(0, x0 - 2 * radius) // _TILE, min(last, (x1 + 2 * radius) // _TILE) + 1):
                reach[tile] = 1
            for tile in range(max(0, x0 - 3 * radius) // _TILE, min(last, (x1 + 3 * radius) // _TILE) + 1):
                fitted[tile] = 1


@njit(cache=True, nogil=True)
def _is_near(marks: Any, y: int, tile: int, rows: int) -> bool:
    found = False
    for at in range(max(0, y - rows), min(marks.shape[0], y + rows + 1)):
        found = found or marks[at, tile] != 0
    return found


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_row(b_row: Any, g_row: Any, r_row: Any, p_row: Any, total: Any) -> None:
    # One row's share of the columns' sums, a tile and its reach wide.
    one, four = np.float32(1.0), np.float32(4.0)
    for i in range(_WIDE):
        b, g, r, p = b_row[i], g_row[i], r_row[i], p_row[i]
        total[i] += b
        total[_WIDE + i] += g
        total[2 * _WIDE + i] += r
        total[3 * _WIDE + i] += b * b
        total[4 * _WIDE + i] += b * g
        total[5 * _WIDE + i] += b * r
        total[6 * _WIDE + i] += g * g
        total[7 * _WIDE + i] += g * r
        total[8 * _WIDE + i] += r * r
        total[9 * _WIDE + i] += p
        total[10 * _WIDE + i] += b * p
        total[11 * _WIDE + i] += g * p
        total[12 * _WIDE + i] += r * p
        total[13 * _WIDE + i] += four * p * (one - p)


@njit(cache=True, nogil=True, fastmath=FAST)
def _set_five(planes: Any, top: int, x0: int, total: Any) -> None:
    # What `_add_row` adds up over the five rows of the usual radius, in registers.
    one, four, n = np.float32(1.0), np.float32(4.0), np.uint64(_WIDE)
    for i in range(np.uint64(_FROM), np.uint64(_TO)):
        at = np.uint64(x0) + i
        b1 = g1 = r1 = p1 = bb = bg = br = gg = gr = rr = bp = gp = rp = doubt = np.float32(0.0)
        for far in range(5):
            y = np.uint64(top + far)
            b, g, r, p = planes[0, y, at], planes[1, y, at], planes[2, y, at], planes[3, y, at]
            b1 += b
            g1 += g
            r1 += r
            p1 += p
            bb += b * b
            bg += b * g
            br += b * r
            gg += g * g
            gr += g * r
            rr += r * r
            bp += b * p
            gp += g * p
            rp += r * p
            doubt += four * p * (one - p)
        total[i], total[n + i], total[2 * n + i], total[3 * n + i] = b1, g1, r1, bb
        total[4 * n + i], total[5 * n + i], total[6 * n + i] = bg, br, gg
        total[7 * n + i], total[8 * n + i], total[9 * n + i] = gr, rr, p1
        total[10 * n + i], total[11 * n + i], total[12 * n + i], total[13 * n + i] = bp, gp, rp, doubt


@njit(cache=True, nogil=True, fastmath=FAST)
def _across_five(total: Any, sums: Any) -> None:
    for k in range(total.size // _WIDE):
        start = k * _WIDE + MOST_RADIUS
        row = sums[k * _TILE : (k + 1) * _TILE]
        a, b, c, d, e = total[start - 2 :], total[start - 1 :], total[start:], total[start + 1 :], total[start + 2 :]
        for i in range(_TILE):
            row[i] = ((a[i] + b[i]) + (d[i] + e[i])) + c[i]


@njit(cache=True, nogil=True, fastmath=FAST)
def _across(total: Any, radius: int, sums: Any) -> None:
    # From columns' sums to windows' sums, `_WIDE` to `_TILE` of each statistic. Slices: with an offset only known at
    # run time an index might wrap round, and a loop with such an index is not vectorised. How many there are is told by
    # `total`: of a constant for an argument numba compiles one kernel for each value.
    if radius == _USUAL:
        _across_five(total, sums)
        return
    for k in range(total.size // _WIDE):
        start = k * _WIDE + MOST_RADIUS
        row, middle = sums[k * _TILE : (k + 1) * _TILE], total[start:]
        for i in range(_TILE):
            row[i] = middle[i]
        for far in range(1, radius + 1):
            left, right = total[start - far :], total[start + far :]
            for i in range(_TILE):
                row[i] += left[i] + right[i]


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _fit(sums: Any, share: Any, rows: Any, x0: int, epsilon: Any, slopes: Any) -> None:
    # Ridge regression, (covariance + epsilon) slopes = covariance with the matte: the symmetric 3x3 system by its LDLt
    # factors. By cofactors float32 would lose the small determinant, for the colours of a window are often nearly
    # collinear. Sums become means by the window's share of one pixel, which is larger at the borders.
    # Into one array: with five to write to, the loop is not vectorised.
    one, first, n = np.float32(1.0), np.uint64(x0), np.uint64(_TILE)
    for i in range(n):
        s = share[first + i] * rows
        b, g, r = sums[i] * s, sums[n + i] * s, sums[2 * n + i] * s
        bb, bg = sums[3 * n + i] * s - b * b + epsilon, sums[4 * n + i] * s - b * g
        br, gg = sums[5 * n + i] * s - b * r, sums[6 * n + i] * s - g * g + epsilon
        gr, rr = sums[7 * n + i] * s - g * r, sums[8 * n + i] * s - r * r + epsilon
        p = sums[9 * n + i] * s
        pb, pg, pr = sums[10 * n + i] * s - b * p, sums[11 * n + i] * s - g * p, sums[12 * n + i] * s - r * p
        per_b = one / bb
        g_of_b, r_of_b = bg * per_b, br * per_b
        per_g = one / (gg - g_of_b * bg)
        r_left = gr - g_of_b * br
        r_of_g = r_left * per_g
        per_r = one / (rr - r_of_b * br - r_of_g * r_left)
        pg_left = pg - g_of_b * pb
        slope_r = (pr - r_of_b * pb - r_of_g * pg_left) * per_r
        slope_g = pg_left * per_g - r_of_g * slope_r
        slope_b = pb * per_b - g_of_b * slope_g - r_of_b * slope_r
        slopes[i], slopes[n + i], slopes[2 * n + i] = slope_b, slope_g, slope_r
        slopes[3 * n + i] = p - slope_b * b - slope_g * g - slope_r * r
        slopes[4 * n + i] = sums[13 * n + i] * s


@njit(cache=True, nogil=True)
def _put(slopes: Any, y: int, x0: int, fitted: Any) -> None:
    for k in range(MODEL):
        row, part = fitted[k, y, MOST_RADIUS + x0 :], slopes[k * _TILE : (k + 1) * _TILE]
        for i in range(_TILE):
            row[i] = part[i]


@njit(cache=True, nogil=True, fastmath=FAST)
def _fit_row(
    planes: Any, fits: Any, y: int, radius: int, epsilon: Any, share: Any, total: Any, sums: Any, slopes: Any,
    fitted: Any,
) -> None:  # fmt: skip
    h = fits.shape[0]
    top, bottom = max(0, y - radius), min(h, y + radius + 1)
    rows = np.float32(1.0) / np.float32(bottom - top)
    for t in range(fits.shape[1]):
        if _is_near(fits, y, t, 3 * radius):
            x0, x1 = t * _TILE, t * _TILE + _WIDE
            if radius == _USUAL and bottom - top == 2 * _USUAL + 1:
                _set_five(planes, top, x0, total)
            else:
                total[:] = np.float32(0.0)
                for at in range(top, bottom):
                    b_row, g_row, r_row = planes[0, at, x0:x1], planes[1, at, x0:x1], planes[2, at, x0:x1]
                    _add_row(b_row, g_row, r_row, planes[3, at, x0:x1], total)
            _across(total, radius, sums)
            _fit(sums, share, rows, x0, epsilon, slopes)
            _put(slopes, y, x0, fitted)
        else:
            # Windows of the tile beside it reach in here. Where they do nothing is doubted, and without doubt slopes
            # do not count; what another frame left here would bring that frame's strokes back.
            for x in range(np.uint64(MOST_RADIUS + t * _TILE), np.uint64(MOST_RADIUS + (t + 1) * _TILE)):
                fitted[4, y, x] = np.float32(0.0)


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_fitted(fitted: Any, y: int, x0: int, total: Any) -> None:
    for k in range(MODEL):
        row, part = fitted[k, y, x0:], total[k * _WIDE :]
        for i in range(_WIDE):
            part[i] += row[i]


@njit(cache=True, nogil=True, fastmath=FAST)
def _set_five_fitted(fitted: Any, top: int, x0: int, total: Any) -> None:
    for k in range(MODEL):
        a, b, c = fitted[k, top, x0:], fitted[k, top + 1, x0:], fitted[k, top + 2, x0:]
        d, e, part = fitted[k, top + 3, x0:], fitted[k, top + 4, x0:], total[k * _WIDE :]
        for i in range(_FROM, _TO):
            part[i] = ((a[i] + b[i]) + (d[i] + e[i])) + c[i]


@njit(cache=True, nogil=True, fastmath=FAST)
def _trust(
    sums: Any, share: Any, rows: Any, matte: Any, low: Any, gain: Any, x0: int, x1: int, y: int, model: Any
) -> None:  # fmt: skip
    # Sure regions keep the network's own answer (a slope of zero), so that texture inside the person or the room
    # leaves no grey veil; trust grows with doubt. The curve's ends go into the same numbers.
    one, zero, level = np.float32(1.0), np.float32(0.0), np.float32(1.0 / 255.0)
    least, per_doubt = np.float32(NO_DOUBT), np.float32(1.0 / (FULL_DOUBT - NO_DOUBT))
    first = np.uint64(x0)
    b_row, g_row, r_row, offset_row = model[0, y], model[1, y], model[2, y], model[3, y]
    for i in range(np.uint64(x1 - x0)):
        x = first + i
        s = share[x] * rows
        trust = min(one, max(zero, sums[np.uint64(4 * _TILE) + i] * s - least) * per_doubt)
        slope = trust * gain * level * s
        b_row[x] = sums[i] * slope
        g_row[x] = sums[np.uint64(_TILE) + i] * slope
        r_row[x] = sums[np.uint64(2 * _TILE) + i] * slope
        offset_row[x] = (trust * (sums[np.uint64(3 * _TILE) + i] * s) + (one - trust) * matte[x] - low) * gain


@njit(cache=True, nogil=True, fastmath=FAST)
def _smooth_row(
    fitted: Any, matte: Any, reach: Any, y: int, radius: int, low: Any, gain: Any, share: Any, total: Any, sums: Any,
    model: Any,
) -> None:  # fmt: skip
    h, w = matte.shape
    top, bottom = max(0, y - radius), min(h, y + radius + 1)
    rows = np.float32(1.0) / np.float32(bottom - top)
    for t in range(reach.shape[1]):
        x0, x1 = t * _TILE, min((t + 1) * _TILE, w)
        if _is_near(reach, y, t, 2 * radius):
            if radius == _USUAL and bottom - top == 2 * _USUAL + 1:
                _set_five_fitted(fitted, top, x0, total)
            else:
                total[:] = np.float32(0.0)
                for at in range(top, bottom):
                    _add_fitted(fitted, at, x0, total)
            _across(total, radius, sums)
            _trust(sums, share, rows, matte[y], low, gain, x0, x1, y, model)
        else:
            for k in range(3):
                model[k, y, x0:x1] = np.float32(0.0)
            for x in range(np.uint64(x0), np.uint64(x1)):
                model[3, y, x] = (matte[y, x] - low) * gain


@njit(cache=True, nogil=True)
def _clear(fitted: Any, y: int, first: int) -> None:
    # What lies beyond the border counts for nothing, whatever was fitted there. Apart from `_work_out`, where numba
    # would make a parallel loop of it: more to compile.
    for k in range(MODEL):
        for x in range(np.uint64(first), np.uint64(fitted.shape[2])):
            fitted[k, y, x] = np.float32(0.0)


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _work_out(
    threads: int, guide: Any, matte: Any, radius: int, epsilon: Any, low: Any, gain: Any, share: Any, planes: Any,
    marks: Any, reach: Any, fits: Any, fitted: Any, model: Any,
) -> None:  # fmt: skip
    h, w = matte.shape
    for who in prange(threads):
        for first in range(who * GRID_ROWS, h, threads * GRID_ROWS):
            for y in range(first, min(first + GRID_ROWS, h)):
                _planes(guide, matte, y, planes)
                _doubts(matte[y], radius, marks[y], reach[y], fits[y])
    for who in prange(threads):
        total, sums = np.empty(_STATISTICS * _WIDE, np.float32), np.empty(_STATISTICS * _TILE, np.float32)
        slopes = np.empty(MODEL * _TILE, np.float32)
        for first in range(who * GRID_ROWS, h, threads * GRID_ROWS):
            for y in range(first, min(first + GRID_ROWS, h)):
                _fit_row(planes, fits, y, radius, epsilon, share, total, sums, slopes, fitted)
                _clear(fitted, y, MOST_RADIUS + w)
    for who in prange(threads):
        total, sums = np.empty(MODEL * _WIDE, np.float32), np.empty(MODEL * _TILE, np.float32)
        for first in range(who * GRID_ROWS, h, threads * GRID_ROWS):
            for y in range(first, min(first + GRID_ROWS, h)):
                _smooth_row(fitted, matte, reach, y, radius, low, gain, share, total, sums, model)


class LocalModel:
    """Works out the model of mattes of one size.

    He and Sun, "Fast Guided Filter" (2015), with a colour guide: in every window coverage is explained as a linear
    function of colour, and what the windows round a pixel say is averaged.
    """

    def __init__(self, size: Size, *, radius: int, epsilon: float, low: float, high: float) -> None:
        """Take the memory for mattes of `size`; see `GuidedUpsampler` for the rest."""
        self.size = size
        self._radius, self._epsilon = radius, np.float32(epsilon)
        self._low, self._gain = np.float32(low), np.float32(1.0 / (high - low))
        height, width = size.height, size.width
        tiles = -(-width // _TILE)
        padded = tiles * _TILE + 2 * MOST_RADIUS
        x = np.arange(tiles * _TILE)
        columns = np.minimum(width, x + radius + 1) - np.maximum(0, x - radius)
        self._share: NDArray[np.float32] = (1.0 / np.maximum(columns, 1)).astype(np.float32)
        self._planes = np.zeros((4, height, padded), np.float32)
        self._fitted = np.zeros((MODEL, height, padded), np.float32)
        self._marks = np.zeros((height, -(-width // _CELL)), np.uint8)
        self._reach = np.zeros((height, tiles), np.uint8)
        self._fits = np.zeros((height, tiles), np.uint8)
        self.model: Plane = np.zeros((4, height, width), np.float32)
        """(4, h, w), what `Coverage` evaluates."""

    def __call__(self, guide: Pixels, matte: Plane) -> None:
        """Fill `model` from `guide` (h, w, 3) uint8 and `matte` (h, w) float32 0 … 1."""
        in_bands(
            _work_out, guide, matte, self._radius, self._epsilon, self._low, self._gain, self._share, self._planes,
            self._marks, self._reach, self._fits, self._fitted, self.model,
        )  # fmt: skip
