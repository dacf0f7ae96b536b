"""Dense inverse search: how a grey picture moved since the one before, from coarse to fine."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels.cpu.checks import check_plane8
from livecut.kernels.cpu.resample import FAST
from livecut.kernels.inverse_search import (
    DAMPING,
    FARTHEST,
    SETTLED,
    SIDE,
    STEPS,
    STRIDE,
    coarsest_level,
    patch_count,
)
from livecut.types import Plane8, Size

__all__ = ["FINEST", "LEAST_SIDE", "DenseInverseSearch"]

FINEST: Final = 1
"""The level that motion is found on at last: half the grid. A quarter of it costs an eighth more flicker."""
LEAST_SIDE: Final = 2 * SIDE
"""Smallest side of a picture: a patch has to find room on the finest level."""

# Pixels of border round a level's picture, so that no patch has to ask where the picture ends: a patch that lies
# beyond by `_BEYOND` sees nothing but border, wherever it is.
_BEYOND = 2
_PAD = SIDE + 2 * _BEYOND + 1
_PIXELS = SIDE * SIDE
_OTHERWISE = np.float32(0.01)
"""Square of the difference, in pixels, from which on a neighbour's motion is another one, and tried."""
_UNKNOWN = np.float32(-1.0)


@njit(cache=True, nogil=True)
def _halve(plane: Any, out: Any) -> None:
    one, two = np.uint64(1), np.uint64(2)
    for y in range(out.shape[0]):
        upper, lower = plane[2 * y], plane[2 * y + 1]
        for x in range(np.uint64(out.shape[1])):
            k = two * x
            total = np.int32(upper[k]) + np.int32(upper[k + one]) + np.int32(lower[k]) + np.int32(lower[k + one])
            out[y, x] = (total + 2) >> 2


@njit(cache=True, nogil=True)
def _frame(grey: Any, padded: Any) -> None:
    # The picture's outermost pixels go on around it.
    h, w = grey.shape
    first, width = np.uint64(_PAD), np.uint64(w)
    for y in range(padded.shape[0]):
        row, source = padded[y], grey[min(max(y - _PAD, 0), h - 1)]
        for x in range(first):
            row[x] = source[0]
        for x in range(width):
            row[first + x] = source[x]
        for x in range(first + width, np.uint64(row.size)):
            row[x] = source[w - 1]


@njit(cache=True, nogil=True, fastmath=FAST)
def _gradients(padded: Any, across: Any, down: Any) -> None:
    half, first, one = np.float32(0.5), np.uint64(_PAD), np.uint64(1)
    for y in range(across.shape[0]):
        above, row, below = padded[y + _PAD - 1], padded[y + _PAD], padded[y + _PAD + 1]
        for x in range(np.uint64(across.shape[1])):
            at = first + x
            across[y, x] = (row[at + one] - row[at - one]) * half
            down[y, x] = (below[at] - above[at]) * half


@njit(cache=True, nogil=True)
def _take(plane: Any, left: int, top: int, patch: Any) -> None:
    for row in range(SIDE):
        line = plane[top + row, left : left + SIDE]
        for k in range(np.uint64(SIDE)):
            patch[np.uint64(row * SIDE) + k] = line[k]


@njit(cache=True, nogil=True, fastmath=FAST)
def _texture(across: Any, down: Any) -> Any:
    sum_x = sum_y = xx = xy = yy = np.float32(0.0)
    for k in range(np.uint64(_PIXELS)):
        sum_x += across[k]
        sum_y += down[k]
        xx += across[k] * across[k]
        xy += across[k] * down[k]
        yy += down[k] * down[k]
    return sum_x, sum_y, xx, xy, yy


@njit(cache=True, nogil=True, fastmath=FAST)
def _look_at(before: Any, at_x: Any, at_y: Any, width: int, height: int, own: Any, lines: Any, off: Any) -> None:
    # By how much the patch at `at_x`, `at_y` of the picture before is brighter than `own`, pixel by pixel.
    nearest, pad = np.float32(-SIDE - _BEYOND), np.float32(_PAD)
    at_x = min(max(at_x, nearest), np.float32(width + _BEYOND)) + pad
    at_y = min(max(at_y, nearest), np.float32(height + _BEYOND)) + pad
    left, top = np.int64(at_x), np.int64(at_y)
    part_x, part_y = at_x - np.float32(left), at_y - np.float32(top)
    one, side = np.uint64(1), np.uint64(SIDE)
    for row in range(SIDE + 1):
        line = before[top + row, left : left + SIDE + 1]
        for k in range(side):
            lines[np.uint64(row) * side + k] = line[k] + (line[k + one] - line[k]) * part_x
    for k in range(np.uint64(_PIXELS)):
        off[k] = lines[k] + (lines[k + side] - lines[k]) * part_y - own[k]


@njit(cache=True, nogil=True, fastmath=FAST)
def _sums(off: Any, across: Any, down: Any) -> Any:
    total = squares = total_x = total_y = np.float32(0.0)
    for k in range(np.uint64(_PIXELS)):
        total += off[k]
        squares += off[k] * off[k]
        total_x += off[k] * across[k]
        total_y += off[k] * down[k]
    return total, squares, total_x, total_y


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _unlike(before: Any, at_x: Any, at_y: Any, width: int, height: int, own: Any, lines: Any, off: Any) -> Any:
    # How unlike a patch looks there, light apart.
    _look_at(before, at_x, at_y, width, height, own, lines, off)
    total = squares = np.float32(0.0)
    for k in range(np.uint64(_PIXELS)):
        total += off[k]
        squares += off[k] * off[k]
    return squares - total * total / np.float32(_PIXELS)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _follow(
    before: Any, left: int, top: int, width: int, height: int, u: Any, v: Any, own: Any, across: Any, down: Any,
    lines: Any, off: Any,
) -> Any:  # fmt: skip
    # What `livecut.kernels.inverse_search.patch_motion` does, a row of pixels at a time, and how unlike it looks there.
    pixels, x, y = np.float32(_PIXELS), np.float32(left), np.float32(top)
    sum_x, sum_y, xx, xy, yy = _texture(across, down)
    xx, yy = xx - sum_x * sum_x / pixels + DAMPING, yy - sum_y * sum_y / pixels + DAMPING
    xy = xy - sum_x * sum_y / pixels
    per_texture = np.float32(1.0) / (xx * yy - xy * xy)
    first_u, first_v = u, v
    best_u, best_v = u, v
    least = np.float32(np.inf)
    for _ in range(STEPS):
        _look_at(before, x + u, y + v, width, height, own, lines, off)
        total, squares, total_x, total_y = _sums(off, across, down)
        cost = squares - total * total / pixels
        if not cost < least:
            break
        least = cost
        best_u, best_v = u, v
        to_x, to_y = total_x - total * sum_x / pixels, total_y - total * sum_y / pixels
        step_u, step_v = (yy * to_x - xy * to_y) * per_texture, (xx * to_y - xy * to_x) * per_texture
        if step_u * step_u + step_v * step_v < SETTLED:
            break
        u, v = u - step_u, v - step_v
    far_u, far_v = best_u - first_u, best_v - first_v
    if far_u * far_u + far_v * far_v > FARTHEST:
        best_u, best_v = first_u, first_v
        least = _unlike(before, x + first_u, y + first_v, width, height, own, lines, off)
    return best_u, best_v, least


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _vote(off: Any, left: int, top: int, patch_u: Any, patch_v: Any, u: Any, v: Any, votes: Any) -> None:
    one = np.float32(1.0)
    for row in range(SIDE):
        u_row, v_row = u[top + row, left : left + SIDE], v[top + row, left : left + SIDE]
        count = votes[top + row, left : left + SIDE]
        for k in range(np.uint64(SIDE)):
            weight = one / max(one, abs(off[np.uint64(row * SIDE) + k]))
            u_row[k] += weight * patch_u
            v_row[k] += weight * patch_v
            count[k] += weight


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _agree(u: Any, v: Any, votes: Any) -> None:
    for y in range(u.shape[0]):
        across, down, count = u[y], v[y], votes[y]
        for x in range(np.uint64(count.size)):
            share = np.float32(1.0) / count[x]
            across[x] *= share
            down[x] *= share


@njit(cache=True, nogil=True, fastmath=FAST)
def _far_from(u: Any, v: Any, other_u: Any, other_v: Any) -> Any:
    across, down = u - other_u, v - other_v
    return across * across + down * down > _OTHERWISE


@njit(cache=True, nogil=True, fastmath=FAST)
def _search(
    now: Any, before: Any, across: Any, down: Any, is_coarsest: bool, coarse_u: Any, coarse_v: Any, found: Any,
    u: Any, v: Any, votes: Any,
) -> None:  # fmt: skip
    # One level, its pictures with borders. Each patch begins with what the next coarser level found at its middle, or
    # with what its neighbours on the left and above found, where it looks more alike. Then, the other way, it takes
    # over from those on the right and below. Each pixel's motion is the mean of those of the patches over it, as in
    # `dense_motion`. `found` (3, rows, columns): a patch's motion, and how unlike it looks there.
    height, width = u.shape
    _, rows, columns = found.shape
    found_u, found_v, found_cost = found[0], found[1], found[2]
    patch, patch_across, patch_down = (
        np.empty(_PIXELS, np.float32),
        np.empty(_PIXELS, np.float32),
        np.empty(_PIXELS, np.float32),
    )
    lines, off = np.empty(_PIXELS + SIDE, np.float32), np.empty(_PIXELS, np.float32)
    zero, two, half = np.float32(0.0), np.float32(2.0), SIDE // 2
    u[:], v[:], votes[:] = zero, zero, zero
    picture = now[_PAD : _PAD + height, _PAD : _PAD + width]
    for forth in (True, False):
        for turn in range(rows * columns):
            at = turn if forth else rows * columns - 1 - turn
            row, column = at // columns, at % columns
            left, top = min(column * STRIDE, width - SIDE), min(row * STRIDE, height - SIDE)
            x, y = np.float32(left), np.float32(top)
            _take(picture, left, top, patch)
            if not forth:
                own_u, own_v, cost = found_u[row, column], found_v[row, column], found_cost[row, column]
            else:
                own_u, own_v, cost = zero, zero, _UNKNOWN
                if not is_coarsest:
                    j = min((top + half) // 2, coarse_u.shape[0] - 1)
                    i = min((left + half) // 2, coarse_u.shape[1] - 1)
                    own_u, own_v = two * coarse_u[j, i], two * coarse_v[j, i]
            follow, step = forth, -1 if forth else 1
            for by_row in (False, True):
                j, i = (row + step, column) if by_row else (row, column + step)
                if j < 0 or i < 0 or j >= rows or i >= columns:
                    continue
                if _far_from(own_u, own_v, found_u[j, i], found_v[j, i]):
                    if cost < zero:
                        cost = _unlike(before, x + own_u, y + own_v, width, height, patch, lines, off)
                    there = _unlike(before, x + found_u[j, i], y + found_v[j, i], width, height, patch, lines, off)
                    if there < cost:
                        own_u, own_v, cost, follow = found_u[j, i], found_v[j, i], there, True
            if follow:
                _take(across, left, top, patch_across)
                _take(down, left, top, patch_down)
                own_u, own_v, cost = _follow(
                    before, left, top, width, height, own_u, own_v, patch, patch_across, patch_down, lines, off
                )
            found_u[row, column], found_v[row, column], found_cost[row, column] = own_u, own_v, cost
            if not forth:
                _look_at(before, x + own_u, y + own_v, width, height, patch, lines, off)
                _vote(off, left, top, own_u, own_v, u, v, votes)
    _agree(u, v, votes)


class _Level:
    """Memory of one level: the picture and the one before with their borders, and how each pixel moved."""

    def __init__(self, size: Size) -> None:
        shape, padded = (size.height, size.width), (size.height + 2 * _PAD, size.width + 2 * _PAD)
        self.grey = np.zeros(shape, np.uint8)
        self.now, self.before = np.zeros(padded, np.float32), np.zeros(padded, np.float32)
        self.across, self.down = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.u, self.v, self.votes = (np.zeros(shape, np.float32) for _ in range(3))
        self.found = np.zeros((3, patch_count(size.height), patch_count(size.width)), np.float32)


class DenseInverseSearch:
    """Follows grey pictures of one size from one to the next.

    Kroeger et al., "Fast Optical Flow using Dense Inverse Search" (2016), without its variational refinement, and with
    OpenCV's way of taking motion over from neighbouring patches. Beside OpenCV's at its fastest preset, on the films of
    people that livecut is measured on, it takes a quarter to a third of the time.
    """

    def __init__(self, size: Size) -> None:
        """Take the memory; `ValueError` for pictures that patches do not fit in."""
        if min(size) < LEAST_SIDE:
            raise ValueError(f"a picture must have {LEAST_SIDE} pixels a side at least, not {size}")
        self.size = size
        most = max(FINEST, coarsest_level(*size))
        # The picture itself is never searched, it is only halved.
        self._levels = [_Level(Size(size.width >> level, size.height >> level)) for level in range(FINEST, most + 1)]
        self._flow = np.zeros((*self._levels[0].u.shape, 2), np.float32)

    def look(self, grey: Plane8) -> None:
        """Look at the next picture, (h, w) uint8; the last one is the one before from now on."""
        check_plane8("grey", grey, self.size)
        finer: Plane8 = grey
        for level in self._levels:
            level.now, level.before = level.before, level.now
            _halve(finer, level.grey)
            _frame(level.grey, level.now)
            _gradients(level.now, level.across, level.down)
            finer = level.grey

    def find(self) -> NDArray[np.float32]:
        """Where in the picture before each place was, relative to its own, in the picture's pixels.

        (h / 2, w / 2, 2) float32, sides rounded down: to the right, and down. Valid until the next. Two
        pictures must have been looked at.
        """
        coarser = self._levels[-1]
        for level in reversed(self._levels):
            _search(
                level.now, level.before, level.across, level.down, level is self._levels[-1], coarser.u, coarser.v,
                level.found, level.u, level.v, level.votes,
            )  # fmt: skip
            coarser = level
        for channel, plane in enumerate((coarser.u, coarser.v)):
            np.multiply(plane, np.float32(1 << FINEST), out=self._flow[:, :, channel])
        return self._flow
