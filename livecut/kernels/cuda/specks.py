"""Removal of specks on the device: components by union-find with atomics, in place of the CPU's walk row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda, float64

from livecut.kernels.cpu import specks as cpu
from livecut.kernels.cuda.device import WIDEST, Device
from livecut.kernels.cuda.reduce import block_max
from livecut.types import Size

__all__ = ["SpeckFilter"]


@cuda.jit(cache=True)
def _row_extremes(matte: Any, width: Any, height: Any, reach: Any, most: Any, least: Any) -> None:
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        x = at % width
        high, low = matte[at], matte[at]
        for other in range(at - min(reach, x), at + min(reach, width - 1 - x) + 1):
            high = max(high, matte[other])
            low = min(low, matte[other])
        most[at] = high
        least[at] = low


@cuda.jit(cache=True)
def _column_shares(width: Any, height: Any, reach: Any, most: Any, least: Any, person: Any, room: Any) -> None:
    # Columns of the extremes, and how much of a person and of a room they make.
    one, zero = np.float32(1.0), np.float32(0.0)
    low, scale = np.float32(cpu._VEIL), np.float32(1.0 / (cpu._SOLID - cpu._VEIL))
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        top, bottom = most[at], least[at]
        for row in range(max(0, y - reach), min(height, y + reach + 1)):
            other = at + (row - y) * width
            top = max(top, most[other])
            bottom = min(bottom, least[other])
        person[at] = min(one, max(zero, (top - low) * scale))
        room[at] = min(one, max(zero, (one - bottom - low) * scale))


@cuda.jit(cache=True)
def _row_sums(width: Any, height: Any, fading: Any, person: Any, room: Any, people: Any, rooms: Any) -> None:
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        x = at % width
        mine, its = np.float32(0.0), np.float32(0.0)
        for step in range(-fading, fading + 1):
            other = at - x + min(max(x + step, 0), width - 1)
            mine += person[other]
            its += room[other]
        people[at] = mine
        rooms[at] = its


@cuda.jit(cache=True)
def _settle(
    matte: Any, width: Any, height: Any, fading: Any, people: Any, rooms: Any, settled: Any,
    islands: Any, holes: Any, sums: Any,
) -> None:  # fmt: skip
    # Columns of the sums, then the veils; every pixel begins as a component of its own.
    one = np.float32(1.0)
    count = width * height
    square = np.float32((2 * fading + 1) * (2 * fading + 1))
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        x, y = at % width, at // width
        person, room = np.float32(0.0), np.float32(0.0)
        for step in range(-fading, fading + 1):
            other = x + min(max(y + step, 0), height - 1) * width
            person += people[other]
            room += rooms[other]
        value = one - (one - matte[at] * (person / square)) * (room / square)
        settled[at] = value
        islands[at] = at if value > np.float32(cpu._SKIRT) else -1
        holes[at] = -1
        for k in range(3):
            sums[k * count + at] = 0.0


@cuda.jit(device=True)
def _root(parent: Any, label: Any) -> Any:
    while parent[label] != label:
        label = parent[label]
    return label


@cuda.jit(device=True)
def _unite(parent: Any, one: Any, other: Any) -> None:
    # The smaller label becomes the parent; who loses a race goes on with what it found there.
    while True:
        one, other = _root(parent, one), _root(parent, other)
        if one == other:
            return
        if one > other:
            one, other = other, one
        found = cuda.atomic.min(parent, other, one)
        if found == other:
            return
        other = found


@cuda.jit(cache=True)
def _join(width: Any, height: Any, parent: Any) -> None:
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        if parent[at] >= 0:
            if at % width > 0 and parent[at - 1] >= 0:
                _unite(parent, at, at - 1)
            if at >= width and parent[at - width] >= 0:
                _unite(parent, at, at - width)


@cuda.jit(cache=True)
def _weigh(settled: Any, given: Any, holes: Any, count: Any, parent: Any, sums: Any) -> None:
    # `sums` holds mass, area and sureness of every component at its root, as the CPU's `_join` counts them.
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        if parent[at] < 0:
            continue
        root = _root(parent, at)
        value = np.float32(1.0) - settled[at] if holes else settled[at]
        solid = max(0.0, 2.0 * value - 1.0)
        if solid > 0.0:
            cuda.atomic.add(sums, root, solid)
        if holes:
            cuda.atomic.add(sums, count + root, float64(value))
        elif solid > 0.0:
            cuda.atomic.add(sums, count + root, 1.0)
            cuda.atomic.add(sums, 2 * count + root, float64(given[at]))


@cuda.jit(cache=True)
def _drop_unsure(count: Any, parent: Any, sums: Any) -> None:
    # One block. The largest island, the first one where several are, as the CPU's `_drop_unsure`.
    scratch = cuda.shared.array(WIDEST, float64)
    own, width = cuda.threadIdx.x, cuda.blockDim.x
    most = 0.0
    for at in range(own, count, width):
        if parent[at] == at:
            most = max(most, sums[at])
    most = block_max(most, scratch)
    if most <= 0.0:
        return
    first = -float64(count)
    for at in range(own, count, width):
        if parent[at] == at and sums[at] == most:
            first = max(first, -float64(at))
    largest = int(-block_max(first, scratch))
    enough = min(sums[2 * count + largest] / sums[count + largest] - cpu._UNSURE, cpu._SURE)
    cuda.syncthreads()
    for at in range(own, count, width):
        lesser = parent[at] == at and sums[at] < cpu._LESSER * most
        if lesser and sums[2 * count + at] < enough * sums[count + at]:
            sums[at] = 0.0


@cuda.jit(cache=True)
def _remove_islands(count: Any, least: Any, parent: Any, sums: Any, settled: Any, holes: Any) -> None:
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        value = settled[at]
        if parent[at] >= 0 and sums[_root(parent, at)] < least:
            value = np.float32(0.0)
            settled[at] = value
        holes[at] = at if np.float32(1.0) - value > np.float32(cpu._SKIRT) else -1


@cuda.jit(cache=True)
def _clear(count: Any, sums: Any) -> None:
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        sums[at] = 0.0


@cuda.jit(cache=True)
def _remove_holes(count: Any, least: Any, widest: Any, parent: Any, sums: Any, settled: Any) -> None:
    # Holes that are doubt more than hole, and too much of it, stay.
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        if parent[at] >= 0:
            root = _root(parent, at)
            if sums[root] < least and sums[count + root] < widest:
                settled[at] = np.float32(1.0)


class SpeckFilter:
    """Removes specks from mattes of one size, as the CPU's filter of this name does."""

    def __init__(self, device: Device, size: Size) -> None:
        """Take the memory."""
        self._device, self.size = device, size
        self._count = count = size.width * size.height
        self._most, self._least = device.empty(count), device.empty(count)
        self._person, self._room = device.empty(count), device.empty(count)
        self._islands, self._holes = device.empty(count, np.int32), device.empty(count, np.int32)
        self._sums = device.empty(3 * count, np.float64)

    def __call__(self, matte: Any, share: float, out: Any) -> None:
        """Fill `out` from `matte`, both (h · w) float32 0 … 1; `share` above 0, 0.05 at most, of the frame stays."""
        if not 0.0 < share <= cpu._MOST:
            raise ValueError(f"share must be above 0, {cpu._MOST} at most, not {share}")
        device, count, sums = self._device, self._count, self._sums
        reach = max(1, round(0.5 * (share * count) ** 0.5))
        fading = cpu.fading(reach)
        most, least, person, room = self._most, self._least, self._person, self._room
        device.each(_row_extremes, count, matte, *self.size, reach, most, least)
        device.each(_column_shares, count, *self.size, reach, most, least, person, room)
        people, rooms = most, least  # read for the last time above
        device.each(_row_sums, count, *self.size, fading, person, room, people, rooms)
        device.each(_settle, count, matte, *self.size, fading, people, rooms, out, self._islands, self._holes, sums)
        device.each(_join, count, *self.size, self._islands)
        device.each(_weigh, count, out, matte, False, count, self._islands, sums)
        device.alone(_drop_unsure, count, self._islands, sums)
        device.each(_remove_islands, count, count, share * count, self._islands, sums, out, self._holes)
        device.each(_clear, 3 * count, 3 * count, sums)
        device.each(_join, count, *self.size, self._holes)
        device.each(_weigh, count, out, matte, True, count, self._holes, sums)
        least = min(share, cpu._MOST_HOLE) * count
        device.each(_remove_holes, count, count, least, cpu._DOUBT * least, self._holes, sums, out)
