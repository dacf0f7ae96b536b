"""How alike two pictures are along a motion, and where there is none."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.resample import FAST, gather
from livecut.types import Plane, Size

__all__ = ["likeness"]

_DIFFERENT: Final = 24.0
"""Levels 0 … 255 by which something looks different at all. Sensor noise is a few on a network's grid, where each pixel
is a mean of many: with a standard deviation of 8 in the camera's picture, likeness falls to .98."""


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


@njit(cache=True, nogil=True, fastmath=FAST)
def _differences(now: Any, before: Any, found: Any, parts: Any, still: Any, most: Any) -> None:
    # How different each place of a row looks without any motion, and along the flow: the largest difference of its
    # three colours, which lie in one number of 32 bits.
    zero, low = np.float32(0.0), np.int32(255)
    for x in range(np.uint64(still.size)):
        own, same_place = np.int32(now[x]), np.int32(before[x])
        a, b, c, d = np.int32(found[0, x]), np.int32(found[1, x]), np.int32(found[2, x]), np.int32(found[3, x])
        to_right, to_below = parts[0, x], parts[1, x]
        unmoved, moved = zero, zero
        for shift in (0, 8, 16):
            colour = np.float32((own >> shift) & low)
            p, q = np.float32((a >> shift) & low), np.float32((c >> shift) & low)
            upper = p + (np.float32((b >> shift) & low) - p) * to_right
            lower = q + (np.float32((d >> shift) & low) - q) * to_right
            unmoved = max(unmoved, abs(np.float32((same_place >> shift) & low) - colour))
            moved = max(moved, abs(upper + (lower - upper) * to_below - colour))
        still[x] = unmoved
        most[x] = moved


@njit(cache=True, nogil=True, fastmath=FAST)
def _choose(still: Any, most: Any, inside: Any, flow: Any, dx: Any, dy: Any, same: Any) -> Any:
    # A place that looks the same without any motion has not moved: in flat colours flow follows the noise.
    zero, one, two, next_one = np.float32(0.0), np.float32(1.0), np.uint64(2), np.uint64(1)
    scale = np.float32(1.0 / (_DIFFERENT * _DIFFERENT))
    total = zero
    for x in range(np.uint64(dx.size)):
        moved = inside[x] and most[x] < still[x]
        difference = most[x] if moved else still[x]
        dx[x] = flow[two * x] if moved else zero
        dy[x] = flow[two * x + next_one] if moved else zero
        alike = max(zero, one - difference * difference * scale)
        same[x] = alike
        total += alike
    return total


@njit(cache=True, nogil=True, fastmath=FAST)
def _likeness(now: Any, before: Any, flow: Any, dx: Any, dy: Any, same: Any) -> Any:
    # `flow` (h, 2 w). A row in several passes, each of whole registers but for the one that looks up what lies
    # anywhere.
    h, w = same.shape
    still, most, inside = np.empty(w, np.float32), np.empty(w, np.float32), np.empty(w, np.bool_)
    parts, starts, found = np.empty((2, w), np.float32), np.empty(w, np.int32), np.empty((4, w), np.uint32)
    flat, right, below = before.reshape(-1), min(1, w - 1), w * min(1, h - 1)
    total = np.float64(0.0)
    for y in range(h):
        _starts(flow[y], y, h, w, parts, starts, inside)
        gather(flat, starts, right, below, 0, w, found)
        _differences(now[y], before[y], found, parts, still, most)
        total += _choose(still, most, inside, flow[y], dx[y], dy[y], same[y])
    return total / (h * w)


def likeness(
    now: NDArray[np.uint8], before: NDArray[np.uint8], flow: NDArray[np.float32], dx: Plane, dy: Plane, same: Plane
) -> float:
    """Fill `dx`, `dy` and `same` (h, w) float32 for `now` and `before` (h, w, 4) uint8; returns the mean of `same`.

    Of a pixel's four bytes the last one counts nothing: what lies anywhere is looked up a pixel at a time. `flow`
    (h, w, 2) float32 says where in `before` each place of `now` may have been, relative to its own, in pixels.
    It is taken where that looks more alike than no motion does, and lies in the picture; elsewhere the motion is 0.
    `same` is 1 where the places look the same, 0 from `_DIFFERENT` levels on in any colour.
    """
    size = Size(same.shape[1], same.shape[0])
    for name, plane in (("dx", dx), ("dy", dy), ("same", same)):
        check_plane(name, plane, size)
    given: list[tuple[str, NDArray[Any], int, str]]
    given = [("now", now, 4, "uint8"), ("before", before, 4, "uint8"), ("flow", flow, 2, "float32")]
    for name, array, depth, kind in given:
        shape = (*same.shape, depth)
        if array.shape != shape or array.dtype != kind or not array.flags.c_contiguous:
            raise ValueError(f"{name} must be {kind} {shape}, not {array.dtype} {array.shape}")
    words, words_before = (one.view(np.uint32).reshape(same.shape) for one in (now, before))
    return float(_likeness(words, words_before, flow.reshape(size.height, -1), dx, dy, same))
