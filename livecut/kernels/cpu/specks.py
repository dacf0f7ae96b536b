"""Removal of what is no person and no gap beside one: small or unsure islands, small holes, veils far from anything."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.resample import FAST
from livecut.kernels.cpu.things import root
from livecut.types import Plane, Size

__all__ = ["SpeckFilter", "fading"]

# What belongs to an island (or, seen from the other side, to a hole): low enough to take its soft skirt along, but not
# what the coverage curve as shipped takes for next to nothing, which joined a flag on the wall to a shoulder.
_SKIRT = 0.15

# Between these the most solid pixel around makes a pixel count in part, from the second on in full.
_VEIL, _SOLID = 0.3, 0.5

_FULL: Final = 65535.0
"""Shares are counted in sixteen bits: half the bytes of a float, and as good."""


@njit(cache=True, nogil=True, fastmath=FAST)
def _to_shares(matte: Any, person: Any, room: Any) -> None:
    # How much of a person each pixel makes of those around it, and how much of a room.
    one, zero, half, full = np.float32(1.0), np.float32(0.0), np.float32(0.5), np.float32(_FULL)
    low, scale = np.float32(_VEIL), np.float32(1.0 / (_SOLID - _VEIL))
    for k in range(matte.size):
        person[k] = np.int32(min(one, max(zero, (matte[k] - low) * scale)) * full + half)
        room[k] = np.int32(min(one, max(zero, (one - matte[k] - low) * scale)) * full + half)


@njit(cache=True, nogil=True, fastmath=FAST)
def _settle(matte: Any, person: Any, room: Any) -> None:
    one, per_step = np.float32(1.0), np.float32(1.0 / _FULL)
    for k in range(matte.size):
        mine, its = np.float32(person[k]) * per_step, np.float32(room[k]) * per_step
        matte[k] = one - (one - matte[k] * mine) * its


def fading(reach: int) -> int:
    """Half the side of the square that shares are averaged over: without it veils end in squares."""
    return (reach + 1) // 2


# Nothing larger is ever taken for a speck, whatever is asked for: filled, the gap under an arm would show the room.
_MOST, _MOST_HOLE = 0.05, 0.01

# How many times as much as a hole of its own a doubt inside a person may add up to, and be settled for the person.
_DOUBT = 5.0

# An island of less than this share of the largest goes where it is less sure than that one by `_UNSURE`, unless it is
# `_SURE` in itself: a flag on the wall, but not a second person. Both are means of what was given for the solid part.
_LESSER, _UNSURE, _SURE = 0.15, 0.15, 0.9

_WORD: Final = 8
"""Pixels that are looked at together where a run may begin or end: a byte each."""
_ALL = np.uint64(0x0101010101010101)


@njit(cache=True, nogil=True, fastmath=FAST)
def _mark(matte: Any, holes: bool, marks: Any) -> None:
    # Which pixels belong to an island or to a hole at all, 1 or 0; what fills a row's last word stays 0.
    one, skirt = np.float32(1.0), np.float32(_SKIRT)
    for y in range(matte.shape[0]):
        row, out = matte[y], marks[y]
        if holes:
            for x in range(row.size):
                out[x] = one - row[x] > skirt
        else:
            for x in range(row.size):
                out[x] = row[x] > skirt


@njit(cache=True, nogil=True)
def _find_runs(marks: Any, words: Any, width: int, begins: Any, ends: Any, firsts: Any) -> int:
    # Where each row's runs of marked pixels begin and end; `firsts` says which run is a row's first.
    none, count = np.uint64(0), 0
    for y in range(marks.shape[0]):
        firsts[y] = count
        inside = False
        for word in range(words.shape[1]):
            if words[y, word] == (_ALL if inside else none):
                continue
            for x in range(word * _WORD, (word + 1) * _WORD):
                if inside == (marks[y, x] == 0):
                    if inside:
                        ends[count] = x
                        count += 1
                    else:
                        begins[count] = x
                    inside = not inside
        if inside:
            ends[count] = width
            count += 1
    firsts[marks.shape[0]] = count
    return count


@njit(cache=True, nogil=True)
def _join(begins: Any, ends: Any, firsts: Any, parent: Any) -> None:
    # Union-find over runs that touch by a side. A component's root is its first run.
    for y in range(firsts.size - 1):
        above, own = (firsts[y - 1] if y > 0 else firsts[y]), firsts[y]
        for run in range(own, firsts[y + 1]):
            parent[run] = run
            while above < own and ends[above] <= begins[run]:
                above += 1
            other = above
            while other < own and begins[other] < ends[run]:
                one, two = root(parent, run), root(parent, other)
                parent[max(one, two)] = min(one, two)
                other += 1


@njit(cache=True, nogil=True, fastmath=FAST)
def _weigh_island(values: Any, given: Any) -> Any:
    # How solid it is (2 v - 1 where that is above 0), how many pixels are solid at all, and what was given there.
    one, zero = np.float32(1.0), np.float32(0.0)
    solid = count = certain = zero
    for x in range(values.size):
        more = max(zero, values[x] + values[x] - one)
        solid += more
        count += one if more > zero else zero
        certain += given[x] if more > zero else zero
    return solid, count, certain


@njit(cache=True, nogil=True, fastmath=FAST)
def _weigh_hole(values: Any) -> Any:
    # How much of a hole it is, and all that filling it would add: a room in doubt never passes for a small hole.
    one, zero = np.float32(1.0), np.float32(0.0)
    solid = all_of_it = zero
    for x in range(values.size):
        missing = one - values[x]
        solid += max(zero, missing + missing - one)
        all_of_it += missing
    return solid, all_of_it


@njit(cache=True, nogil=True)
def _weigh(
    matte: Any, given: Any, holes: bool, begins: Any, ends: Any, firsts: Any, parent: Any, mass: Any, area: Any,
    sure: Any,
) -> None:  # fmt: skip
    # The sums of each component at its root. Weight is that of what is solid: a wide smear that is never sure weighs
    # nothing.
    for y in range(matte.shape[0]):
        for run in range(firsts[y], firsts[y + 1]):
            mass[run], area[run], sure[run] = 0.0, 0.0, 0.0
            first = root(parent, run)
            part = matte[y, begins[run] : ends[run]]
            if holes:
                solid, wide = _weigh_hole(part)
            else:
                solid, wide, certain = _weigh_island(part, given[y, begins[run] : ends[run]])
                sure[first] += certain
            mass[first] += solid
            area[first] += wide


@njit(cache=True, nogil=True)
def _keep_wide(count: int, most: float, mass: Any, area: Any) -> None:
    # Holes that are doubt more than hole, and too much of it to be settled here, count in full.
    for run in range(count):
        if area[run] >= most:
            mass[run] = area[run]


@njit(cache=True, nogil=True)
def _drop_unsure(count: int, parent: Any, mass: Any, area: Any, sure: Any) -> None:
    # Lesser islands that are unsure weigh nothing from here on.
    largest = 0
    for run in range(1, count):
        if mass[run] > mass[largest]:
            largest = run
    if count == 0 or mass[largest] <= 0.0:
        return
    enough = min(sure[largest] / area[largest] - _UNSURE, _SURE)
    lesser = _LESSER * mass[largest]
    for run in range(count):
        if parent[run] == run and mass[run] < lesser and sure[run] < enough * area[run]:
            mass[run] = 0.0


@njit(cache=True, nogil=True)
def _remove(
    matte: Any, given: Any, holes: bool, least: float, marks: Any, words: Any, begins: Any, ends: Any, firsts: Any,
    parent: Any, mass: Any, area: Any, sure: Any,
) -> None:  # fmt: skip
    _mark(matte, holes, marks)
    count = _find_runs(marks, words, matte.shape[1], begins, ends, firsts)
    _join(begins, ends, firsts, parent)
    _weigh(matte, given, holes, begins, ends, firsts, parent, mass, area, sure)
    if holes:
        _keep_wide(count, _DOUBT * least, mass, area)
    else:
        _drop_unsure(count, parent, mass, area, sure)
    for y in range(matte.shape[0]):
        for run in range(firsts[y], firsts[y + 1]):
            if mass[root(parent, run)] < least:
                matte[y, begins[run] : ends[run]] = np.float32(1.0 if holes else 0.0)


class SpeckFilter:
    """Removes specks from mattes of one size."""

    def __init__(self, size: Size) -> None:
        """Take the memory."""
        self.size = size
        shape = (size.height, size.width)
        self._person, self._room = np.empty(shape, np.uint16), np.empty(shape, np.uint16)
        self._given = np.empty(shape, np.float32)
        self._words = np.zeros((size.height, -(-size.width // _WORD)), np.uint64)
        self._marks = self._words.view(np.uint8)
        # Two runs of a row do not touch, so half the pixels is the most there can be.
        runs = size.height * (size.width // 2 + 1)
        self._begins, self._ends = np.empty(runs, np.int32), np.empty(runs, np.int32)
        self._firsts = np.empty(size.height + 1, np.int32)
        self._parent = np.empty(runs, np.int32)
        self._mass, self._area, self._sure = (np.empty(runs, np.float64) for _ in range(3))

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
            runs = self._marks, self._words, self._begins, self._ends, self._firsts
            sums = self._parent, self._mass, self._area, self._sure
            _remove(matte, self._given, False, share * pixels, *runs, *sums)
            _remove(matte, self._given, True, min(share, _MOST_HOLE) * pixels, *runs, *sums)

    def _settle(self, matte: Plane, reach: int) -> None:
        # The most of a person around each pixel, and the most of a room, averaged.
        flat = matte.reshape(-1)
        _to_shares(flat, self._person.reshape(-1), self._room.reshape(-1))
        window = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * reach + 1, 2 * reach + 1))
        side = 2 * fading(reach) + 1
        for share in (self._person, self._room):
            cv2.dilate(share, window, dst=share)
            cv2.blur(share, (side, side), dst=share, borderType=cv2.BORDER_REPLICATE)
        _settle(flat, self._person.reshape(-1), self._room.reshape(-1))
