"""Removal of what is no person and no gap beside one: small or unsure islands, small holes, veils far from anything."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane, Size

__all__ = ["SpeckFilter", "fading"]

# What belongs to an island (or, seen from the other side, to a hole): low enough to take its soft skirt along, but not
# what the coverage curve as shipped takes for next to nothing, which joined a flag on the wall to a shoulder.
_SKIRT = 0.15

# Between these the most solid pixel around makes a pixel count in part, from the second on in full.
_VEIL, _SOLID = 0.3, 0.5


@njit(cache=True, nogil=True, fastmath=FAST)
def _to_shares(most: Any, least: Any) -> None:
    # In place: how much of a person there is around each pixel, and how much of a room.
    one, zero, low, scale = np.float32(1.0), np.float32(0.0), np.float32(_VEIL), np.float32(1.0 / (_SOLID - _VEIL))
    for k in range(most.size):
        most[k] = min(one, max(zero, (most[k] - low) * scale))
        least[k] = min(one, max(zero, (one - least[k] - low) * scale))


@njit(cache=True, nogil=True, fastmath=FAST)
def _settle(matte: Any, person: Any, room: Any) -> None:
    one = np.float32(1.0)
    for k in range(matte.size):
        matte[k] = one - (one - matte[k] * person[k]) * room[k]


def fading(reach: int) -> int:
    """Half the side of the square that shares are averaged over: without it veils end in squares."""
    return (reach + 1) // 2


@njit(cache=True, nogil=True)
def _root(parent: Any, label: int) -> int:
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


# Nothing larger is ever taken for a speck, whatever is asked for: filled, the gap under an arm would show the room.
_MOST, _MOST_HOLE = 0.05, 0.01

# How many times as much as a hole of its own a doubt inside a person may add up to, and be settled for the person.
_DOUBT = 5.0

# An island of less than this share of the largest goes where it is less sure than that one by `_UNSURE`, unless it is
# `_SURE` in itself: a flag on the wall, but not a second person. Both are means of what was given for the solid part.
_LESSER, _UNSURE, _SURE = 0.15, 0.15, 0.9


@njit(cache=True, nogil=True)
def _above(labels: Any, parent: Any, y: int, x0: int, x1: int) -> int:
    # The component that the run's neighbours above belong to, which are one from here on; -1 where there are none.
    label, last = -1, -1
    for x in range(np.uint64(x0), np.uint64(x1)):
        above = labels[y - 1, x]
        if above >= 0 and above != last:
            last = above
            root = _root(parent, above)
            if label < 0:
                label = root
            elif root != label:
                parent[max(root, label)] = min(root, label)
                label = min(root, label)
    return label


@njit(cache=True, nogil=True)
def _join(matte: Any, given: Any, holes: bool, labels: Any, parent: Any, mass: Any, area: Any, sure: Any) -> int:
    # Union-find over runs of 4-connected pixels. `mass` sums how solid each component is (2 v - 1 where that is above
    # 0), so that a wide smear that is never sure weighs nothing. `area` counts the pixels of islands that are solid at
    # all, `sure` sums what was given there; of holes `area` sums all that filling would add, so that a room in doubt
    # never passes for a small hole.
    h, w = matte.shape
    skirt = np.float32(_SKIRT)
    one, zero = np.float32(1.0), np.float32(0.0)
    count = 0
    for y in range(h):
        x0 = 0
        while x0 < w:
            x1 = x0
            if holes:
                while x1 < w and one - matte[y, x1] > skirt:
                    x1 += 1
            else:
                while x1 < w and matte[y, x1] > skirt:
                    x1 += 1
            if x1 == x0:
                labels[y, x0] = -1
                x0 += 1
                continue
            label = _above(labels, parent, y, x0, x1) if y > 0 else -1
            if label < 0:
                label = count
                parent[label] = label
                mass[label], area[label], sure[label] = 0.0, 0.0, 0.0
                count += 1
            solid, wide, certain = 0.0, 0.0, 0.0
            for x in range(np.uint64(x0), np.uint64(x1)):
                value = one - matte[y, x] if holes else matte[y, x]
                labels[y, x] = label
                more = max(zero, value + value - one)
                solid += more
                if holes:
                    wide += value
                elif more > zero:
                    wide += 1.0
                    certain += given[y, x]
            mass[label] += solid
            area[label] += wide
            sure[label] += certain
            x0 = x1
    for label in range(count - 1, -1, -1):
        if parent[label] != label:
            root = _root(parent, label)
            mass[root] += mass[label]
            area[root] += area[label]
            sure[root] += sure[label]
            mass[label] = 0.0
    return count


@njit(cache=True, nogil=True)
def _keep_wide(count: int, most: float, mass: Any, area: Any) -> None:
    # Holes that are doubt more than hole, and too much of it to be settled here, count in full.
    for label in range(count):
        if area[label] >= most:
            mass[label] = area[label]


@njit(cache=True, nogil=True)
def _drop_unsure(count: int, parent: Any, mass: Any, area: Any, sure: Any) -> None:
    # Lesser islands that are unsure weigh nothing from here on.
    largest = 0
    for label in range(1, count):
        if mass[label] > mass[largest]:
            largest = label
    if count == 0 or mass[largest] <= 0.0:
        return
    enough = min(sure[largest] / area[largest] - _UNSURE, _SURE)
    lesser = _LESSER * mass[largest]
    for label in range(count):
        if parent[label] == label and mass[label] < lesser and sure[label] < enough * area[label]:
            mass[label] = 0.0


@njit(cache=True, nogil=True)
def _any_less(count: int, parent: Any, mass: Any, least: float) -> bool:
    found = False
    for label in range(count):
        found = found or (parent[label] == label and mass[label] < least)
    return found


@njit(cache=True, nogil=True)
def _remove(
    matte: Any, given: Any, holes: bool, least: float, labels: Any, parent: Any, mass: Any, area: Any, sure: Any
) -> None:
    count = _join(matte, given, holes, labels, parent, mass, area, sure)
    if holes:
        _keep_wide(count, _DOUBT * least, mass, area)
    else:
        _drop_unsure(count, parent, mass, area, sure)
    if not _any_less(count, parent, mass, least):
        return
    h, w = matte.shape
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
        self._person, self._room = np.empty_like(self._most), np.empty_like(self._most)
        self._labels = np.empty((size.height, size.width), np.int32)
        # No two neighbours both begin a component, so half the pixels is the most there can be.
        self._parent = np.empty(pixels // 2 + 1, np.int32)
        self._mass = np.empty(pixels // 2 + 1, np.float64)
        self._area = np.empty(pixels // 2 + 1, np.float64)
        self._sure = np.empty(pixels // 2 + 1, np.float64)
        self._given = np.empty_like(self._most)

    def __call__(self, matte: Plane, share: float) -> None:
        """Change `matte` (h, w) float32 0 … 1 in place; `share` 0 … 0.05 of the frame is the least that stays.

        Veils first: what has nothing solid within about half the side of a square of that share fades to 0, and what
        has no background there, inside a person, to 1. Then islands whose solid part (2 p - 1 where that is above 0)
        adds up to less become 0, their soft skirt too; so do those much smaller and clearly less sure than the
        largest. Holes become 1 likewise where they are less than 0.01 of the frame, too, and what is missing in them,
        doubt and all, less than five times that. Connected means by a side; of what touches the frame's border only the
        part that is seen counts.
        """
        check_plane("matte", matte, self.size)
        if not 0.0 <= share <= _MOST:
            raise ValueError(f"share must be 0 … {_MOST}, not {share}")
        pixels = self.size.width * self.size.height
        if share > 0.0:
            np.copyto(self._given, matte)
            self._settle(matte, max(1, round(0.5 * (share * pixels) ** 0.5)))
            scratch = self._labels, self._parent, self._mass, self._area, self._sure
            _remove(matte, self._given, False, share * pixels, *scratch)
            _remove(matte, self._given, True, min(share, _MOST_HOLE) * pixels, *scratch)

    def _settle(self, matte: Plane, reach: int) -> None:
        window = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * reach + 1, 2 * reach + 1))
        cv2.dilate(matte, window, dst=self._most)
        cv2.erode(matte, window, dst=self._least)
        _to_shares(self._most.reshape(-1), self._least.reshape(-1))
        side = 2 * fading(reach) + 1
        cv2.blur(self._most, (side, side), dst=self._person, borderType=cv2.BORDER_REPLICATE)
        cv2.blur(self._least, (side, side), dst=self._room, borderType=cv2.BORDER_REPLICATE)
        _settle(matte.reshape(-1), self._person.reshape(-1), self._room.reshape(-1))
