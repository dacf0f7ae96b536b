"""Memory of mattes that moves with the picture: what looks as it did keeps most of what was known about it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange

from livecut.kernels.cpu.bands import MOST, ROWS, in_bands
from livecut.kernels.cpu.checks import check_plane, check_plane8
from livecut.kernels.cpu.purity import MIXED, STRIP, begin, conclude, run_end, take
from livecut.kernels.cpu.resample import FAST, gather, taps
from livecut.kernels.cpu.stretches import fill
from livecut.types import Motion, Plane, Plane8, Size

__all__ = ["AlphaMemory", "remember"]

_CONTRADICTED: Final = 0.3
"""How much less counts a memory that says the opposite, though the picture looks the same."""
_FAR: Final = 0.5
"""A difference of this much is the opposite."""
_MOST: Final = 0.9
"""A memory that kept all would never learn: where nothing moves, a network's fault fades to a tenth within a second."""
_RUN: Final = 16
"""Pixels that are judged together: pure and unchanged, or worked out one by one."""
_GROUP: Final = 8
"""Rows of a strip that are judged together before, for most of a picture is pure and unchanged."""


@njit(cache=True, nogil=True, fastmath=FAST)
def _places(y: int, height: int, width: int, x0: int, x1: int, parts: Any, starts: Any) -> None:
    # Where a run of pixels was: from the way there to the upper left of four pixels in the flat plane, and the shares
    # of those to the right and below. Apart from what cannot be vectorised.
    zero, nothing = np.float32(0.0), np.int32(0)
    right_most, low_most = np.float32(width - 1), np.float32(height - 1)
    left_last, top_last, pitch = np.int32(max(width - 2, 0)), np.int32(max(height - 2, 0)), np.int32(width)
    across, down, here = parts[0], parts[1], np.float32(y)
    for x in range(np.uint64(x0), np.uint64(x1)):
        at_x = min(max(np.float32(np.int32(x)) + across[x], zero), right_most)
        at_y = min(max(here + down[x], zero), low_most)
        left = max(min(np.int32(at_x), left_last), nothing)
        top = max(min(np.int32(at_y), top_last), nothing)
        starts[x] = top * pitch + left
        across[x] = at_x - np.float32(left)
        down[x] = at_y - np.float32(top)


@njit(cache=True, nogil=True, fastmath=FAST)
def _mix_remembered(matte: Any, parts: Any, found: Any, same: Any, keep: Any, out: Any) -> None:
    zero, one = np.float32(0.0), np.float32(1.0)
    per_far, contradicted = np.float32(1.0 / _FAR), np.float32(_CONTRADICTED)
    u, v = parts[0], parts[1]
    a, b, c, d = found[0], found[1], found[2], found[3]
    for x in range(matte.size):
        upper = a[x] + (b[x] - a[x]) * u[x]
        lower = c[x] + (d[x] - c[x]) * u[x]
        p = matte[x]
        change = upper + (lower - upper) * v[x] - p
        far = abs(change) * per_far
        # Written so that a memory that is not a number (a network's fault in an earlier frame) is left behind.
        trust = one - contradicted * min(one, far) if far >= zero else zero
        kept = keep * same[x] * trust
        out[x] = p + kept * change if kept > zero else p


@njit(cache=True, nogil=True)
def _copy(dx: Any, dy: Any, parts: Any) -> None:
    # By hand: what numba makes of whole rows that might differ in length takes two seconds to compile.
    across, down = parts[0], parts[1]
    for x in range(np.uint64(dx.size)):
        across[x] = dx[x]
        down[x] = dy[x]


@njit(cache=True, nogil=True, fastmath=FAST)
def _remember(matte: Any, before: Any, dx: Any, dy: Any, same: Any, keep: Any, out: Any) -> None:
    h, w = matte.shape
    flat, right, below = before.reshape(-1), min(1, w - 1), w * min(1, h - 1)
    parts, starts, found = np.empty((2, w), np.float32), np.empty(w, np.int32), np.empty((4, w), np.float32)
    for y in range(h):
        _copy(dx[y], dy[y], parts)
        _places(y, h, w, 0, w, parts, starts)
        gather(flat, starts, right, below, 0, w, found)
        _mix_remembered(matte[y], parts, found, same[y], keep, out[y])


def remember(matte: Plane, before: Plane, motion: Motion, keep: float, out: Plane) -> None:
    """Fill `out` with `matte`, less its noise: `before`, moved along, stays by up to `keep` (0 … 1) where it is alike.

    All planes are (h, w) float32; above 0.9 `keep` counts as that. Unlike a running mean this leaves no trail: what
    moves takes its own past along, and what was uncovered has none. A `before` that is not finite counts for nothing; a
    `matte` that is not stays so.
    """
    size = Size(matte.shape[1], matte.shape[0])
    for name, plane in (("matte", matte), ("before", before), ("out", out)):
        check_plane(name, plane, size)
    _check_motion(motion, size)
    if not 0.0 <= keep <= 1.0:
        raise ValueError(f"keep must be 0 … 1, not {keep}")
    _remember(matte, before, motion.dx, motion.dy, motion.same, np.float32(min(keep, _MOST)), out)


def _check_motion(motion: Motion, size: Size) -> None:
    for name, plane in (("dx", motion.dx), ("dy", motion.dy), ("same", motion.same)):
        check_plane(name, plane, size)


@njit(cache=True, nogil=True)
def _is_at_rest(fresh: Any, held: Any, x0: int, x1: int) -> Any:
    value = fresh[x0]
    if value != np.uint8(0) and value != np.uint8(255):
        return False
    differs = np.uint8(0)
    for x in range(np.uint64(x0), np.uint64(x1)):
        differs |= (fresh[x] ^ value) | (held[x] ^ value)
    return differs == np.uint8(0)


@njit(cache=True, nogil=True, fastmath=FAST)
def _between(plane: Any, top: int, weight: Any, scale: Any, out: Any) -> None:
    bottom = min(top + 1, plane.shape[0] - 1)
    upper, lower = plane[top], plane[bottom]
    for x in range(out.size):
        out[x] = (upper[x] + (lower[x] - upper[x]) * weight) * scale


@njit(cache=True, nogil=True, fastmath=FAST)
def _enlarge(rows: Any, low: Any, weight: Any, x0: int, x1: int, parts: Any) -> None:
    last, one = np.uint64(rows.shape[1] - 1), np.uint64(1)
    for x in range(np.uint64(x0), np.uint64(x1)):
        i, a = np.uint64(low[x]), weight[x]
        j = min(i + one, last)
        for k in range(3):
            parts[k, x] = rows[k, i] + (rows[k, j] - rows[k, i]) * a


@njit(cache=True, nogil=True, fastmath=FAST)
def _mix_held(fresh: Any, parts: Any, found: Any, x0: int, x1: int, out: Any) -> None:
    zero, nearly = np.float32(0.0), np.float32(0.999)
    u, v, kept = parts[0], parts[1], parts[2]
    a, b, c, d = found[0], found[1], found[2], found[3]
    for x in range(np.uint64(x0), np.uint64(x1)):
        upper = np.float32(a[x]) + (np.float32(b[x]) - np.float32(a[x])) * u[x]
        lower = np.float32(c[x]) + (np.float32(d[x]) - np.float32(c[x])) * u[x]
        value = np.float32(fresh[x])
        change = upper + (lower - upper) * v[x] - value
        # Rounded towards the new value, or the last level would never be reached.
        share = kept[x] if kept[x] > zero else zero
        mixed = value + share * change + (nearly if change < zero else zero)
        out[x] = np.uint8(mixed) if share > zero else fresh[x]


@njit(cache=True, nogil=True, fastmath=FAST)
def _hold_group(
    fresh: Any, held: Any, dx: Any, dy: Any, same: Any, keep: Any, low_x: Any, weight_x: Any, low_y: Any,
    weight_y: Any, rows: Any, top: int, bottom: int, marks: Any, kinds: Any, parts: Any, starts: Any, found: Any,
    out: Any,
) -> None:  # fmt: skip
    height, width = fresh.shape
    flat, right, below = held.reshape(-1), min(1, width - 1), width * min(1, height - 1)
    per_x, per_y = np.float32(width / dx.shape[1]), np.float32(height / dx.shape[0])
    # What both are throughout.
    begin(marks)
    for y in range(top, bottom):
        take(fresh[y], marks)
        take(held[y], marks)
    conclude(marks, STRIP, kinds)
    for y in range(top, bottom):
        ready = False
        strip = 0
        while strip < kinds.size:
            last = run_end(kinds, strip)
            first, limit = strip * STRIP, min(last * STRIP, width)
            if kinds[strip] != MIXED:
                fill(fresh[y, first], first, limit, out[y])
                first = limit
            elif not ready:
                _between(dx, low_y[y], weight_y[y], per_x, rows[0])
                _between(dy, low_y[y], weight_y[y], per_y, rows[1])
                _between(same, low_y[y], weight_y[y], keep, rows[2])
                ready = True
            while first < limit:
                end = min(first + _RUN, limit)
                if _is_at_rest(fresh[y], held[y], first, end):
                    fill(fresh[y, first], first, end, out[y])
                else:
                    while end < limit and not _is_at_rest(fresh[y], held[y], end, min(end + _RUN, limit)):
                        end = min(end + _RUN, limit)
                    _enlarge(rows, low_x, weight_x, first, end, parts)
                    _places(y, height, width, first, end, parts, starts)
                    gather(flat, starts, right, below, first, end, found)
                    _mix_held(fresh[y], parts, found, first, end, out[y])
                first = end
            strip = last


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _hold(
    threads: int, fresh: Any, held: Any, dx: Any, dy: Any, same: Any, keep: Any, low_x: Any, weight_x: Any, low_y: Any,
    weight_y: Any, bands: Any, out: Any,
) -> None:  # fmt: skip
    height, width = fresh.shape
    for who in prange(threads):
        marks = np.empty((2, width), np.uint8)
        kinds = np.empty(-(-width // STRIP), np.int64)
        parts, starts, found = (
            np.empty((3, width), np.float32),
            np.empty(width, np.int32),
            np.empty((4, width), np.uint8),
        )
        for first in range(who * ROWS, height, threads * ROWS):
            end = min(first + ROWS, height)
            for top in range(first, end, _GROUP):
                _hold_group(
                    fresh, held, dx, dy, same, keep, low_x, weight_x, low_y, weight_y, bands[who], top,
                    min(top + _GROUP, end), marks, kinds, parts, starts, found, out,
                )  # fmt: skip


class AlphaMemory:
    """Keeps what is left of the flicker out of alphas of frames of one size: edges that lean on the picture's noise."""

    def __init__(self, size: Size, plane_size: Size, keep: float) -> None:
        """Take the memory for frames of `size` and motion on a grid of `plane_size`; `keep` 0 … 1 as of `remember`."""
        if not 0.0 <= keep <= 1.0:
            raise ValueError(f"keep must be 0 … 1, not {keep}")
        self.size = size
        self.plane_size = plane_size
        self._keep = np.float32(min(keep, _MOST))
        self._x = taps(plane_size.width, size.width)
        self._y = taps(plane_size.height, size.height)
        self._bands = np.empty((MOST, 3, plane_size.width), np.float32)

    def __call__(self, fresh: Plane8, held: Plane8, motion: Motion, out: Plane8) -> None:
        """Fill `out` with `fresh` and what stays of `held`, the alpha before, moved along; all (H, W) uint8.

        Where both are 0, or both 255, for a run of pixels, nothing is worked out.
        """
        for name, plane in (("fresh", fresh), ("held", held), ("out", out)):
            check_plane8(name, plane, self.size)
        _check_motion(motion, self.plane_size)
        in_bands(
            _hold, fresh, held, motion.dx, motion.dy, motion.same, self._keep, *self._x, *self._y, self._bands, out
        )  # fmt: skip
