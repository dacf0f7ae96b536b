"""How light a picture is, and a curve that lifts its shadows without blowing up their noise."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_pixels
from livecut.types import Pixels, Plane8

__all__ = ["apply_curve", "lift_curve", "lifted_grey", "middle_grey"]

_GRID = 120
_TOE = 0.02
"""Where the curve stops steepening, as a share of full light: a pure power would magnify black noise without bound."""


@njit(cache=True, nogil=True)
def _count(bgr: Any, step: Any, counts: Any) -> None:
    counts[:] = 0
    for y in range(step // 2, bgr.shape[0], step):
        for x in range(step // 2, bgr.shape[1], step):
            # BT.601 luma in sixteenths, near enough for a median.
            counts[(2 * bgr[y, x, 0] + 9 * bgr[y, x, 1] + 5 * bgr[y, x, 2]) >> 4] += 1


def middle_grey(bgr: Pixels) -> float:
    """Median luma of a picture (h, w, 3), 0 … 1, by some ten thousand of its pixels; never quite 0."""
    size = check_pixels("bgr", bgr)
    counts = np.empty(256, np.int64)
    _count(bgr, max(1, min(size) // _GRID), counts)
    below = np.cumsum(counts)
    level = int(np.searchsorted(below, 0.5 * below[-1]))
    # Within the level by how much of it lies below the median: a coarse step would be one of the curve's, too.
    start = below[level - 1] if level else 0
    inside = (0.5 * below[-1] - start) / max(1, counts[level])
    return float(max(level + inside, 0.5) / 256.0)


def lift_curve(gamma: float) -> Plane8:
    """Table (256,) of a power curve with a straight toe; 1 changes nothing, smaller is lighter."""
    if not 0.0 < gamma <= 1.0:
        raise ValueError(f"gamma must be above 0 and at most 1, not {gamma}")
    return np.asarray(np.rint([255.0 * lifted_grey(level / 255.0, gamma) for level in range(256)]), np.uint8)


def lifted_grey(light: float, gamma: float) -> float:
    """What the curve makes of one value, 0 … 1."""
    low, high = _TOE**gamma, (1.0 + _TOE) ** gamma
    return float(((light + _TOE) ** gamma - low) / (high - low))


def apply_curve(bgr: Pixels, table: Plane8, out: Pixels) -> None:
    """Fill `out` with `bgr`, both (h, w, 3), every value through `table` (256,) uint8; `out` may be `bgr`."""
    check_pixels("out", out, check_pixels("bgr", bgr))
    if table.shape != (256,) or table.dtype != np.uint8:
        raise ValueError(f"table must be (256,) uint8, not {table.shape} {table.dtype}")
    cv2.LUT(bgr, table, dst=out)
