"""Depth in two layers, the person's and the room's, on the device; what is summed up stays there too."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import cuda, float64

from livecut.kernels.cpu import depth_layers as cpu
from livecut.kernels.cuda.device import WIDEST, Device
from livecut.kernels.cuda.reduce import block_sum
from livecut.types import Size

__all__ = ["PERSON", "PERSON_WEIGHT", "DepthLayers"]

PERSON_WEIGHT: Final = 0
"""Where in `DepthLayers.totals` the number of blocks that are surely the person stands."""
PERSON: Final = 1
"""Where the mean nearness of the person stands; meaningless where the weight is 0."""


@cuda.jit(cache=True)
def _rows(
    cover: Any, w: Any, h: Any, reach: Any, nearness: Any, columns: Any, lines: Any, per_x: Any, per_y: Any,
    most: Any, least: Any, near: Any,
) -> None:  # fmt: skip
    # Rows of the extremes of `cover`, and nearness on its grid, bilinear with repeated borders.
    for at in range(cuda.grid(1), w * h, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        high, low = cover[at], cover[at]
        for other in range(at - min(reach, x), at + min(reach, w - 1 - x) + 1):
            high, low = max(high, cover[other]), min(low, cover[other])
        most[at], least[at] = high, low
        half = np.float32(0.5)
        at_x = min(max((np.float32(x) + half) * per_x - half, np.float32(0.0)), np.float32(columns - 1))
        at_y = min(max((np.float32(y) + half) * per_y - half, np.float32(0.0)), np.float32(lines - 1))
        left, top = int(at_x), int(at_y)
        right, below = min(left + 1, columns - 1), min(top + 1, lines - 1)
        across, down = at_x - np.float32(left), at_y - np.float32(top)
        a, b = nearness[top * columns + left], nearness[below * columns + left]
        upper = a + (nearness[top * columns + right] - a) * across
        lower = b + (nearness[below * columns + right] - b) * across
        near[at] = upper + (lower - upper) * down


@cuda.jit(cache=True)
def _believe(most: Any, least: Any, near: Any, w: Any, h: Any, reach: Any, sure: Any) -> None:
    # Columns of the extremes: `sure` (4 · h · w) gets how far the person's and the room's depth is believed, each
    # followed by what is believed times nearness.
    count = w * h
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        high, low = most[at], least[at]
        for row in range(max(0, y - reach), min(h, y + reach + 1)):
            other = at + (row - y) * w
            high, low = max(high, most[other]), min(low, least[other])
        person, room = low * low, (np.float32(1.0) - high) * (np.float32(1.0) - high)
        sure[at], sure[count + at] = person, person * near[at]
        sure[2 * count + at], sure[3 * count + at] = room, room * near[at]


@cuda.jit(cache=True)
def _total(sure: Any, count: Any, totals: Any) -> None:
    # One block: weight and mean nearness of the person and of the room.
    scratch = cuda.shared.array(WIDEST, float64)
    own, width = cuda.threadIdx.x, cuda.blockDim.x
    for side in range(2):
        weight = value = 0.0
        for at in range(own, count, width):
            weight += sure[2 * side * count + at]
            value += sure[(2 * side + 1) * count + at]
        weight = block_sum(weight, scratch)
        value = block_sum(value, scratch)
        if own == 0:
            totals[2 * side] = weight
            totals[2 * side + 1] = value / weight if weight > 0.0 else 0.0


@cuda.jit(cache=True)
def _window_rows(sure: Any, first: Any, w: Any, h: Any, narrow: Any, wide: Any, out: Any) -> None:
    # Sums over rows of two windows, of two planes each; borders repeat.
    count = w * h
    for at in range(cuda.grid(1), 2 * count, cuda.gridsize(1)):
        x = at % w
        start = first + at - x
        total = np.float32(0.0)
        for shift in range(-narrow, narrow + 1):
            total += sure[start + min(max(x + shift, 0), w - 1)]
        out[at] = total
        total = np.float32(0.0)
        for shift in range(-wide, wide + 1):
            total += sure[start + min(max(x + shift, 0), w - 1)]
        out[2 * count + at] = total


@cuda.jit(cache=True)
def _fill(
    sure: Any, first: Any, near: Any, w: Any, h: Any, narrow: Any, wide: Any, share_narrow: Any, share_wide: Any,
    rows: Any, totals: Any, side: Any, out: Any,
) -> None:  # fmt: skip
    # Columns of the windows, and the mean of what is believed, from as near by as there is any.
    count = w * h
    everywhere = np.float32(cpu._EVERYWHERE)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        if totals[2 * side] <= 0.0:
            out[at] = near[at]
            continue
        y = at // w
        x = at - y * w
        weight = sure[first + at] + everywhere
        value = sure[first + count + at] + everywhere * np.float32(totals[2 * side + 1])
        a = b = np.float32(0.0)
        for shift in range(-narrow, narrow + 1):
            k = min(max(y + shift, 0), h - 1) * w + x
            a += rows[k]
            b += rows[count + k]
        weight += a * share_narrow
        value += b * share_narrow
        a = b = np.float32(0.0)
        for shift in range(-wide, wide + 1):
            k = min(max(y + shift, 0), h - 1) * w + x
            a += rows[2 * count + k]
            b += rows[3 * count + k]
        out[at] = (value + b * share_wide) / (weight + a * share_wide)


class DepthLayers:
    """Splits nearness into the person's and the room's, as the CPU's class of this name."""

    def __init__(self, device: Device, size: Size, block: int, plane_size: Size) -> None:
        """Take the memory for frames of `size`, blocks of `block` pixels, and nearness of `plane_size`."""
        self._device, self._plane_size = device, plane_size
        self.size, self.block = size, block
        self.width, self.height = -(-size.width // block), -(-size.height // block)
        scale_x, scale_y = block * plane_size.width / size.width, block * plane_size.height / size.height
        self._per = np.float32(scale_x), np.float32(scale_y)
        self._reach = max(math.ceil(cpu._HALO / scale_x), 1)
        (narrow, near_share), (wide, far_share) = cpu._NEIGHBOURHOODS
        shares = np.float32(near_share / narrow**2), np.float32(far_share / wide**2)
        self._windows, self._shares = (narrow // 2, wide // 2), shares
        count = self.width * self.height
        self.person, self.room = device.empty(count), device.empty(count)
        self.totals = device.zeros(4, np.float64)
        self._most, self._least, self._near = device.empty(count), device.empty(count), device.empty(count)
        self._sure, self._rows = device.empty(4 * count), device.empty(4 * count)

    def split(self, nearness: Any, cover: Any, *, person: bool) -> None:
        """Fill the layers (the person's only if `person`) and `totals` from `nearness` and `cover` (h · w) 0 … 1."""
        device, w, h = self._device, self.width, self.height
        count, reach = w * h, self._reach
        planes = self._most, self._least, self._near
        device.each(_rows, count, cover, w, h, reach, nearness, *self._plane_size, *self._per, *planes)
        device.each(_believe, count, *planes, w, h, reach, self._sure)
        device.alone(_total, self._sure, count, self.totals)
        for side, out in ((0, self.person), (1, self.room)):
            if side == 1 or person:
                first = 2 * side * count
                device.each(_window_rows, 2 * count, self._sure, first, w, h, *self._windows, self._rows)
                args = (self._near, w, h, *self._windows, *self._shares, self._rows, self.totals, side, out)
                device.each(_fill, count, self._sure, first, *args)
