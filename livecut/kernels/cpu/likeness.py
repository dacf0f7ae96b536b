"""How alike two pictures are along a motion, and where there is none."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels.cpu.checks import check_pixels, check_plane
from livecut.kernels.cpu.resample import FAST
from livecut.types import Pixels, Plane

__all__ = ["likeness"]

_DIFFERENT: Final = 24.0
"""Levels 0 … 255 by which something looks different at all. Sensor noise is a few on a network's grid, where each pixel
is a mean of many: with a standard deviation of 8 in the camera's picture, likeness falls to .98."""


@njit(cache=True, nogil=True)
def _least(now: Any, before: Any, out: Any) -> None:
    # How different each place of a row looks without any motion: the largest difference of its three colours.
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for x in range(np.uint64(out.size)):
        k = three * x
        b, g, r = now[k], now[k + one], now[k + two]
        p, q, s = before[k], before[k + one], before[k + two]
        out[x] = max(max(b, p) - min(b, p), max(g, q) - min(g, q), max(r, s) - min(r, s))


@njit(cache=True, nogil=True, fastmath=FAST)
def _starts(flow: Any, y: int, height: int, width: int, parts: Any, starts: Any, inside: Any) -> None:
    # Where flow says a row's places were: the upper left of four pixels in the flat plane, the shares of those to the
    # right and below, and whether that is in the picture.
    zero, nothing = np.float32(0.0), np.int32(0)
    right_most, low_most = np.float32(width - 1), np.float32(height - 1)
    left_last, top_last, pitch = np.int32(max(width - 2, 0)), np.int32(max(height - 2, 0)), np.int32(width)
    here, one, two = np.float32(y), np.uint64(1), np.uint64(2)
    for x in range(np.uint64(width)):
        at_x, at_y = np.float32(np.int32(x)) + flow[two * x], here + flow[two * x + one]
        inside[x] = at_x >= zero and at_y >= zero and at_x <= right_most and at_y <= low_most
        left = max(min(np.int32(at_x), left_last), nothing)
        top = max(min(np.int32(at_y), top_last), nothing)
        starts[x] = top * pitch + left
        parts[0, x] = at_x - np.float32(left)
        parts[1, x] = at_y - np.float32(top)


@njit(cache=True, nogil=True)
def _fetch(flat: Any, starts: Any, right: int, below: int, found: Any) -> None:
    to_right, to_below, one, two, three = np.uint64(right), np.uint64(below), np.uint64(1), np.uint64(2), np.uint64(3)
    for x in range(np.uint64(starts.size)):
        at = three * np.uint64(starts[x])
        for place in range(4):
            k = at + (to_right if place % 2 else np.uint64(0)) + (to_below if place >= 2 else np.uint64(0))
            found[place, x] = flat[k]
            found[np.uint64(4) + np.uint64(place), x] = flat[k + one]
            found[np.uint64(8) + np.uint64(place), x] = flat[k + two]


@njit(cache=True, nogil=True, fastmath=FAST)
def _difference(now: Any, channel: int, parts: Any, found: Any, most: Any) -> None:
    # How different one colour looks along the flow, where that is more than the colours before.
    three, first = np.uint64(3), np.uint64(channel)
    a, b, c, d = found[4 * channel], found[4 * channel + 1], found[4 * channel + 2], found[4 * channel + 3]
    u, v = parts[0], parts[1]
    for x in range(np.uint64(most.size)):
        p, q = np.float32(a[x]), np.float32(c[x])
        upper = p + (np.float32(b[x]) - p) * u[x]
        lower = q + (np.float32(d[x]) - q) * u[x]
        most[x] = max(most[x], abs(upper + (lower - upper) * v[x] - np.float32(now[three * x + first])))


@njit(cache=True, nogil=True, fastmath=FAST)
def _choose(least: Any, most: Any, inside: Any, flow: Any, dx: Any, dy: Any, same: Any) -> Any:
    # A place that looks the same without any motion has not moved: in flat colours flow follows the noise.
    zero, one, two, next_one = np.float32(0.0), np.float32(1.0), np.uint64(2), np.uint64(1)
    scale = np.float32(1.0 / (_DIFFERENT * _DIFFERENT))
    total = zero
    for x in range(np.uint64(dx.size)):
        still = np.float32(least[x])
        moved = inside[x] and most[x] < still
        difference = most[x] if moved else still
        dx[x] = flow[two * x] if moved else zero
        dy[x] = flow[two * x + next_one] if moved else zero
        alike = max(zero, one - difference * difference * scale)
        same[x] = alike
        total += alike
    return total


@njit(cache=True, nogil=True, fastmath=FAST)
def _likeness(now: Any, before: Any, flow: Any, dx: Any, dy: Any, same: Any) -> Any:
    # `now` and `before` (h, 3 w), `flow` (h, 2 w). A row in several passes, each of whole registers but for the one
    # that looks up what lies anywhere.
    h, w = same.shape
    least, most, inside = np.empty(w, np.uint8), np.empty(w, np.float32), np.empty(w, np.bool_)
    parts, starts, found = np.empty((2, w), np.float32), np.empty(w, np.int32), np.empty((12, w), np.uint8)
    flat, right, below = before.reshape(-1), 3 * min(1, w - 1), 3 * w * min(1, h - 1)
    total = np.float64(0.0)
    for y in range(h):
        _least(now[y], before[y], least)
        _starts(flow[y], y, h, w, parts, starts, inside)
        _fetch(flat, starts, right, below, found)
        most[:] = np.float32(0.0)
        for channel in range(3):
            _difference(now[y], channel, parts, found, most)
        total += _choose(least, most, inside, flow[y], dx[y], dy[y], same[y])
    return total / (h * w)


def likeness(now: Pixels, before: Pixels, flow: NDArray[np.float32], dx: Plane, dy: Plane, same: Plane) -> float:
    """Fill `dx`, `dy` and `same` (h, w) float32 for `now` and `before` (h, w, 3) uint8; returns the mean of `same`.

    `flow` (h, w, 2) float32 says where in `before` each place of `now` may have been, relative to its own, in pixels.
    It is taken where that looks more alike than no motion does, and lies in the picture; elsewhere the motion is 0.
    `same` is 1 where the places look the same, 0 from `_DIFFERENT` levels on in any colour.
    """
    size = check_pixels("now", now)
    check_pixels("before", before, size)
    for name, plane in (("dx", dx), ("dy", dy), ("same", same)):
        check_plane(name, plane, size)
    if flow.shape != (size.height, size.width, 2) or flow.dtype != np.float32 or not flow.flags.c_contiguous:
        raise ValueError(f"flow must be float32 ({size.height}, {size.width}, 2), not {flow.dtype} {flow.shape}")
    rows = (size.height, -1)
    return float(_likeness(now.reshape(rows), before.reshape(rows), flow.reshape(rows), dx, dy, same))
