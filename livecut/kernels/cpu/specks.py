"""Removal of what is no person and no gap beside one: small islands and holes, and veils far from anything solid."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane, Size

__all__ = ["SpeckFilter"]

# What belongs to an island (or, seen from the other side, to a hole): low enough to take its soft skirt along.
_SKIRT = 0.1

# Between these the most solid pixel around makes a pixel count in part, from the second on in full.
_VEIL, _SOLID = 0.3, 0.5


@njit(cache=True, nogil=True, fastmath=FAST)
def _settle(matte: Any, most: Any, least: Any) -> None:
    one, zero, low, scale = np.float32(1.0), np.float32(0.0), np.float32(_VEIL), np.float32(1.0 / (_SOLID - _VEIL))
    for k in range(matte.size):
        person = min(one, max(zero, (most[k] - low) * scale))
        room = min(one, max(zero, (one - least[k] - low) * scale))
        matte[k] = one - (one - matte[k] * person) * room


@njit(cache=True, nogil=True)
def _root(parent: Any, label: int) -> int:
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@njit(cache=True, nogil=True)
def _remove(matte: Any, holes: bool, least: float, labels: Any, parent: Any, mass: Any) -> None:
    # Two passes of union-find over 4-connected pixels; `mass` sums how solid each component is (2 v - 1 where that is
    # above 0), so that a wide smear that is never sure weighs nothing.
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
            mass[label] += max(0.0, 2.0 * value - 1.0)
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
        self._most = np.empty((size.height, size.width), np.float32)
        self._least = np.empty_like(self._most)
        self._labels = np.empty((size.height, size.width), np.int32)
        # No two neighbours both begin a component, so half the pixels is the most there can be.
        self._parent = np.empty(pixels // 2 + 1, np.int32)
        self._mass = np.empty(pixels // 2 + 1, np.float64)

    def __call__(self, matte: Plane, share: float) -> None:
        """Change `matte` (h, w) float32 0 … 1 in place; `share` 0 … 1 of the frame is the least that stays.

        Veils first: what has nothing solid within half the side of a square of that share fades to 0, and what has no
        background there, inside a person, to 1. Then islands whose solid part (2 p - 1 where that is above 0) adds up
        to less become 0, their soft skirt too; likewise holes become 1. Connected means by a side; of what touches
        the frame's border only the part that is seen counts.
        """
        check_plane("matte", matte, self.size)
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share must be 0 … 1, not {share}")
        least = share * self.size.width * self.size.height
        if least > 0.0:
            self._settle(matte, max(1, round(0.5 * least**0.5)))
            for holes in (False, True):
                _remove(matte, holes, least, self._labels, self._parent, self._mass)

    def _settle(self, matte: Plane, reach: int) -> None:
        window = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * reach + 1, 2 * reach + 1))
        cv2.dilate(matte, window, dst=self._most)
        cv2.erode(matte, window, dst=self._least)
        _settle(matte.reshape(-1), self._most.reshape(-1), self._least.reshape(-1))
