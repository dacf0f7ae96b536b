"""Filling of holes in a reduced picture from what is around them, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu.resample import taps
from livecut.kernels.cuda.device import Device

__all__ = ["Filler"]


@cuda.jit(cache=True)
def _reduce(fine: Any, fine_w: Any, fine_h: Any, w: Any, h: Any, coarse: Any) -> None:
    count, whole = w * h, fine_w * fine_h
    tiny, one, four = np.float32(1e-6), np.float32(1.0), np.float32(4.0)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        top, bottom = 2 * y * fine_w, min(2 * y + 1, fine_h - 1) * fine_w
        left, right = 2 * x, min(2 * x + 1, fine_w - 1)
        weight = np.float32(0.0)
        for k in range(3, -1, -1):
            first = k * whole
            upper = fine[first + top + left] + fine[first + top + right]
            value = (upper + fine[first + bottom + left] + fine[first + bottom + right]) / four
            if k == 3:
                weight = value
            coarse[k * count + at] = value * (min(one, four * weight) / max(weight, tiny))


@cuda.jit(cache=True)
def _end(count: Any, means: Any, top: Any) -> None:
    # The last level is one place: its own colour, or, where nothing at all is known, the mean of the picture.
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        weight = top[3 * count + at]
        for k in range(3):
            top[k * count + at] = top[k * count + at] / weight if weight > np.float32(0.0) else means[k]
        top[3 * count + at] = np.float32(1.0)


@cuda.jit(cache=True)
def _complete(
    coarse: Any, coarse_w: Any, coarse_h: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any, w: Any, h: Any,
    fine: Any,
) -> None:  # fmt: skip
    count, whole = w * h, coarse_w * coarse_h
    one = np.float32(1.0)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        missing = one - fine[3 * count + at]
        if missing > np.float32(0.0):
            left, across = low_x[x], part_x[x]
            right = min(left + 1, coarse_w - 1)
            top, down = low_y[y], part_y[y]
            bottom = min(top + 1, coarse_h - 1)
            for k in range(3):
                first = k * whole
                p, q = coarse[first + top * coarse_w + left], coarse[first + bottom * coarse_w + left]
                upper = p + (coarse[first + top * coarse_w + right] - p) * across
                lower = q + (coarse[first + bottom * coarse_w + right] - q) * across
                fine[k * count + at] += missing * (upper + (lower - upper) * down)
            fine[3 * count + at] = one


class Filler:
    """Fills holes of pictures of one size, as the CPU's class of this name does."""

    def __init__(self, device: Device, width: int, height: int) -> None:
        """Take the memory."""
        self._device = device
        self._sizes = [(width, height)]
        self._levels: list[Any] = []
        self._taps: list[list[Any]] = []
        while max(width, height) > 1:
            smaller = -(-width // 2), -(-height // 2)
            tables = (*taps(smaller[0], width, 2), *taps(smaller[1], height, 2))
            self._taps.append([device.given(table) for table in tables])
            width, height = smaller
            self._sizes.append(smaller)
            self._levels.append(device.empty(4 * width * height))

    def __call__(self, planes: Any, means: Any) -> None:
        """Complete `planes` (4 · h · w) in place; `means` (3): the colour of all where nothing is known."""
        device, sizes, pyramid = self._device, self._sizes, [planes, *self._levels]
        for at, coarse in enumerate(self._levels):
            w, h = sizes[at + 1]
            device.each(_reduce, w * h, pyramid[at], *sizes[at], w, h, coarse)
        w, h = sizes[-1]
        device.each(_end, w * h, w * h, means, pyramid[-1])
        for at in range(len(self._levels) - 1, -1, -1):
            w, h = sizes[at]
            device.each(_complete, w * h, pyramid[at + 1], *sizes[at + 1], *self._taps[at], w, h, pyramid[at])
