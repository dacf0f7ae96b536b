"""Removal of islands and holes that are too small to be a person or a gap beside one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.types import Plane, Size

__all__ = ["SpeckFilter"]

# What belongs to an island (or, seen from the other side, to a hole): low enough to take its soft skirt along.
_SKIRT = 0.1


@njit(cache=True, nogil=True)
def _root(parent: Any, label: int) -> int:
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@njit(cache=True, nogil=True)
def _remove(matte: Any, holes: bool, least: float, labels: Any, parent: Any, mass: Any) -> None:
    # Two passes of union-find over 4-connected pixels; `mass` sums how much of each component is there, so that a
    # wide veil that is hardly there counts for less than what is solid.
    h, w = matte.shape
    skirt = np.float32(_SKIRT)
    count = 0
    for y in range(h):
        for x in range(w):
            value = np.float32(1.0) - matte[y, x] if holes else matte[y, x]
            if not value > skirt:
                labels[y, x] = -1
                continue
            above = labels[y - 1, x] if y > 0 else -1
            left = labels[y, x - 1] if x > 0 else -1
            if above < 0 and left < 0:
                label = count
                parent[label] = label
                mass[label] = 0.0
                count += 1
            elif left < 0 or above < 0 or above == left:
                label = max(above, left)
            else:
                one, other = _root(parent, above), _root(parent, left)
                label = min(one, other)
                parent[max(one, other)] = label
            labels[y, x] = label
            mass[label] += value
    for label in range(count - 1, -1, -1):
        if parent[label] != label:
            mass[_root(parent, label)] += mass[label]
            mass[label] = 0.0
    for y in range(h):
        for x in range(w):
            if labels[y, x] >= 0 and mass[_root(parent, labels[y, x])] < least:
                matte[y, x] = np.float32(1.0 if holes else 0.0)


class SpeckFilter:
    """Removes specks from mattes of one size."""

    def __init__(self, size: Size) -> None:
        """Take the memory."""
        self.size = size
        pixels = size.width * size.height
        self._labels = np.empty((size.height, size.width), np.int32)
        # No two neighbours both begin a component, so half the pixels is the most there can be.
        self._parent = np.empty(pixels // 2 + 1, np.int32)
        self._mass = np.empty(pixels // 2 + 1, np.float64)

    def __call__(self, matte: Plane, share: float) -> None:
        """Change `matte` (h, w) float32 0 … 1 in place; `share` 0 … 1 of the frame is the least that stays.

        Islands whose coverage adds up to less become 0, their soft skirt too; holes that add up to less become 1.
        Connected means by a side, and what touches the frame's border is counted only as far as it is seen.
        """
        check_plane("matte", matte, self.size)
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share must be 0 … 1, not {share}")
        least = share * self.size.width * self.size.height
        if least > 0.0:
            for holes in (False, True):
                _remove(matte, holes, least, self._labels, self._parent, self._mass)
