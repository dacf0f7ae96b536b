"""Filling of holes in a reduced picture from what is around them: a guess at the room behind the person."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from livecut.kernels.cpu.resample import FAST, taps
from livecut.types import Plane

__all__ = ["Filler"]


@njit(cache=True, nogil=True, fastmath=FAST)
def _reduce(fine: Any, coarse: Any) -> None:
    # Mean of two by two; a place known in a quarter of its parts counts as known in full.
    _, h, w = coarse.shape
    tiny, one, four = np.float32(1e-6), np.float32(1.0), np.float32(4.0)
    for y in range(h):
        bottom = min(2 * y + 1, fine.shape[1] - 1)
        for x in range(w):
            right = min(2 * x + 1, fine.shape[2] - 1)
            for k in range(4):
                upper = fine[k, 2 * y, 2 * x] + fine[k, 2 * y, right]
                coarse[k, y, x] = (upper + fine[k, bottom, 2 * x] + fine[k, bottom, right]) / four
            weight = coarse[3, y, x]
            raised = min(one, four * weight) / max(weight, tiny)
            for k in range(4):
                coarse[k, y, x] *= raised


@njit(cache=True, nogil=True, fastmath=FAST)
def _complete(coarse: Any, low_x: Any, weight_x: Any, low_y: Any, weight_y: Any, fine: Any) -> None:
    # What is missing in each place of `fine` comes from `coarse`, where nothing is missing any more.
    _, h, w = fine.shape
    one = np.float32(1.0)
    for y in range(h):
        top, v = low_y[y], weight_y[y]
        bottom = min(top + 1, coarse.shape[1] - 1)
        for x in range(w):
            missing = one - fine[3, y, x]
            if not missing > np.float32(0.0):
                continue
            left, u = low_x[x], weight_x[x]
            right = min(left + 1, coarse.shape[2] - 1)
            for k in range(3):
                upper = coarse[k, top, left] + (coarse[k, top, right] - coarse[k, top, left]) * u
                lower = coarse[k, bottom, left] + (coarse[k, bottom, right] - coarse[k, bottom, left]) * u
                fine[k, y, x] += missing * (upper + (lower - upper) * v)
            fine[3, y, x] = one


class Filler:
    """Fills holes of pictures of one size: near their edge with what is near, in their middle with a mean of it all.

    Push and pull over a pyramid (Gortler et al., "The Lumigraph", 1996).
    """

    def __init__(self, height: int, width: int) -> None:
        """Take the memory: a third more than one picture."""
        self._levels: list[Plane] = []
        self._taps = []
        while max(height, width) > 1:
            smaller = -(-height // 2), -(-width // 2)
            self._levels.append(np.empty((4, *smaller), np.float32))
            self._taps.append((*taps(smaller[1], width, 2), *taps(smaller[0], height, 2)))
            height, width = smaller

    def __call__(self, planes: Plane) -> None:
        """Complete `planes` (4, h, w) float32 in place: three colours times weight, and the weight 0 … 1.

        Afterwards every weight is 1; but where there is none at all in the whole picture, nothing changes.
        """
        if not planes[3].any():
            return
        pyramid = [planes, *self._levels]
        for fine, coarse in zip(pyramid, self._levels, strict=False):
            _reduce(fine, coarse)
        top = pyramid[-1]
        top[:3] /= np.maximum(top[3], np.float32(1e-6))
        top[3] = 1.0
        for at in range(len(self._levels) - 1, -1, -1):
            _complete(pyramid[at + 1], *self._taps[at], pyramid[at])
