"""Memory of mattes that moves with the picture: what looks as it did keeps most of what was known about it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane, check_plane8
from livecut.kernels.cpu.resample import FAST, taps
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


@njit(cache=True, nogil=True, fastmath=FAST)
def _remember(matte: Any, before: Any, dx: Any, dy: Any, same: Any, keep: Any, out: Any) -> None:
    h, w = matte.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    right_most, low_most = np.float32(w - 1), np.float32(h - 1)
    per_far, contradicted = np.float32(1.0 / _FAR), np.float32(_CONTRADICTED)
    for y in range(h):
        for x in range(w):
            at_x = min(max(np.float32(x) + dx[y, x], zero), right_most)
            at_y = min(max(np.float32(y) + dy[y, x], zero), low_most)
            left, top = int(at_x), int(at_y)
            right, bottom = min(left + 1, w - 1), min(top + 1, h - 1)
            a, b = at_x - np.float32(left), at_y - np.float32(top)
            upper = before[top, left] + (before[top, right] - before[top, left]) * a
            lower = before[bottom, left] + (before[bottom, right] - before[bottom, left]) * a
            p = matte[y, x]
            change = upper + (lower - upper) * b - p
            far = abs(change) * per_far
            # Written so that a memory that is not a number (a network's fault in an earlier frame) is left behind.
            trust = one - contradicted * min(one, far) if far >= zero else zero
            kept = keep * same[y, x] * trust
            out[y, x] = p + kept * change if kept > zero else p


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
def _hold_run(
    fresh: Any, held: Any, rows: Any, low_x: Any, weight_x: Any, y: int, x0: int, x1: int, out: Any
) -> None:  # fmt: skip
    height, width = held.shape
    last = rows.shape[1] - 1
    zero, nearly = np.float32(0.0), np.float32(0.999)
    right_most, low_most = np.float32(width - 1), np.float32(height - 1)
    for x in range(x0, x1):
        i, a = low_x[x], weight_x[x]
        j = min(i + 1, last)
        kept = rows[2, i] + (rows[2, j] - rows[2, i]) * a
        if not kept > zero:
            out[x] = fresh[x]
            continue
        at_x = np.float32(x) + rows[0, i] + (rows[0, j] - rows[0, i]) * a
        at_y = np.float32(y) + rows[1, i] + (rows[1, j] - rows[1, i]) * a
        at_x, at_y = min(max(at_x, zero), right_most), min(max(at_y, zero), low_most)
        left, top = int(at_x), int(at_y)
        right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
        u, v = at_x - np.float32(left), at_y - np.float32(top)
        upper = np.float32(held[top, left]) + (np.float32(held[top, right]) - np.float32(held[top, left])) * u
        lower = np.float32(held[bottom, left]) + (np.float32(held[bottom, right]) - np.float32(held[bottom, left])) * u
        value = np.float32(fresh[x])
        change = upper + (lower - upper) * v - value
        # Rounded towards the new value, or the last level would never be reached.
        out[x] = np.uint8(value + kept * change + (nearly if change < zero else zero))


@njit(cache=True, nogil=True, fastmath=FAST)
def _hold(
    fresh: Any, held: Any, dx: Any, dy: Any, same: Any, keep: Any, low_x: Any, weight_x: Any, low_y: Any,
    weight_y: Any, rows: Any, out: Any,
) -> None:  # fmt: skip
    height, width = fresh.shape
    per_x, per_y = np.float32(width / dx.shape[1]), np.float32(height / dx.shape[0])
    for y in range(height):
        ready = False
        for x0 in range(0, width, _RUN):
            x1 = min(x0 + _RUN, width)
            if _is_at_rest(fresh[y], held[y], x0, x1):
                out[y, x0:x1] = fresh[y, x0]
                continue
            if not ready:
                _between(dx, low_y[y], weight_y[y], per_x, rows[0])
                _between(dy, low_y[y], weight_y[y], per_y, rows[1])
                _between(same, low_y[y], weight_y[y], keep, rows[2])
                ready = True
            _hold_run(fresh[y], held, rows, low_x, weight_x, y, x0, x1, out[y])


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
        self._rows = np.empty((3, plane_size.width), np.float32)

    def __call__(self, fresh: Plane8, held: Plane8, motion: Motion, out: Plane8) -> None:
        """Fill `out` with `fresh` and what stays of `held`, the alpha before, moved along; all (H, W) uint8.

        Where both are 0, or both 255, for a run of pixels, nothing is worked out.
        """
        for name, plane in (("fresh", fresh), ("held", held), ("out", out)):
            check_plane8(name, plane, self.size)
        _check_motion(motion, self.plane_size)
        _hold(fresh, held, motion.dx, motion.dy, motion.same, self._keep, *self._x, *self._y, self._rows, out)
