"""Tables and rows of bilinear enlargement, shared by every kernel that goes from a network's grid to the frame's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["FAST", "Taps", "enlarge_pixels", "gather", "taps"]

FAST = {"contract", "reassoc", "nsz", "arcp", "afn"}
"""Fast maths that keeps NaN and infinity: failing closed rests on seeing them."""

Taps = tuple[NDArray[np.int32], NDArray[np.float32]]
"""For every target position: the lower of its two source positions, and the weight of the upper one."""


def taps(source: int, target: int, pitch: float | None = None, start: float = 0.0) -> Taps:
    """Where target pixels lie between source pixels, pixel centres aligned.

    Both grids cover the same span, unless `pitch` says how many target pixels a source pixel is wide (the last block
    of a reduced picture may hang over), or `start` by how many source pixels the target begins sooner. Weights are
    0 … 1; positions beyond the outermost source centres stick to them. The lower position is at most `source - 2` (0
    for a single source pixel), so that the next one exists.
    """
    if source < 1 or target < 1:
        raise ValueError(f"cannot enlarge {source} to {target} pixels")
    at = (np.arange(target) + 0.5) / (target / source if pitch is None else pitch) - start - 0.5
    at = np.clip(at, 0.0, source - 1.0)
    low = np.minimum(np.floor(at), max(source - 2, 0)).astype(np.int32)
    return low, (at - low).astype(np.float32)


@njit(cache=True, nogil=True)
def gather(flat: Any, starts: Any, right: int, below: int, x0: int, x1: int, found: Any) -> None:
    """Fill `found` (4, w) with the four of a flat plane round each place of a run, `starts` the upper left of them."""
    to_right, to_below = np.uint64(right), np.uint64(below)
    for x in range(np.uint64(x0), np.uint64(x1)):
        at = np.uint64(starts[x])
        found[0, x] = flat[at]
        found[1, x] = flat[at + to_right]
        found[2, x] = flat[at + to_below]
        found[3, x] = flat[at + to_below + to_right]


@njit(cache=True, nogil=True, fastmath=FAST)
def enlarge_pixels(planes: Any, y: Any, low: Any, weight: Any, out: Any) -> None:
    """Row `y` of three float32 planes (3, h, w) at the target width, interleaved: `out` is (3 W,)."""
    last = planes.shape[2] - 1
    first, one, two, three = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)
    count = np.uint64(low.size)
    while first < count:
        # Between two source pixels only the weight changes.
        left = low[first]
        right = min(left + 1, last)
        b, g, r = planes[0, y, left], planes[1, y, left], planes[2, y, left]
        to_b, to_g, to_r = planes[0, y, right] - b, planes[1, y, right] - g, planes[2, y, right] - r
        x = first
        while x < count and low[x] == left:
            share = weight[x]
            out[three * x] = b + to_b * share
            out[three * x + one] = g + to_g * share
            out[three * x + two] = r + to_r * share
            x += one
        first = x
