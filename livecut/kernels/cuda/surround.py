"""A part of the picture and its planes, laid into all of it on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu.geometry import Box
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.geometry import mirrored_place
from livecut.types import Size

__all__ = ["lay", "surround"]


@cuda.jit(cache=True)
def _lay(
    inner: Any, left: Any, top: Any, wide: Any, tall: Any, width: Any, height: Any, channels: Any, out: Any
) -> None:  # fmt: skip
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    for y in range(start_y, height, step_y):
        for x in range(start_x, width, step_x):
            given = mirrored_place(y - top, tall) * wide + mirrored_place(x - left, wide)
            for channel in range(channels):
                out[channels * (y * width + x) + channel] = inner[channels * given + channel]


def lay(device: Device, inner: Any, place: Box, out: Any, size: Size, channels: int) -> None:
    """Fill `out` (`channels` · pixels of `size`) with `inner` (those of `place`) at its place, mirrored beside it.

    Both uint8 on the device.
    """
    device.over(_lay, *size, inner, *place, *size, channels, out)


@cuda.jit(device=True)
def _at(position: Any, cells: Any, span: Any, start: Any, width: Any, count: Any) -> Any:
    at = ((np.float32(position) + np.float32(0.5)) * np.float32(span) / np.float32(cells) - np.float32(start)) * (
        np.float32(count) / np.float32(width)
    ) - np.float32(0.5)
    return min(max(at, np.float32(0.0)), np.float32(count - 1))


@cuda.jit(cache=True)
def _surround(
    plane: Any, columns: Any, rows: Any, left: Any, top: Any, wide: Any, tall: Any, across: Any, down: Any,
    width: Any, height: Any, out: Any,
) -> None:  # fmt: skip
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    for y in range(start_y, height, step_y):
        at_y = _at(y, height, down, top, tall, rows)
        upper = int(at_y)
        lower = min(upper + 1, rows - 1)
        share_y = at_y - np.float32(upper)
        for x in range(start_x, width, step_x):
            at_x = _at(x, width, across, left, wide, columns)
            first = int(at_x)
            last = min(first + 1, columns - 1)
            share_x = at_x - np.float32(first)
            a, b = plane[upper * columns + first], plane[upper * columns + last]
            c, d = plane[lower * columns + first], plane[lower * columns + last]
            above = a + (b - a) * share_x
            below = c + (d - c) * share_x
            out[y * width + x] = above + (below - above) * share_y


def surround(device: Device, plane: Any, inner: Size, place: Box, size: Size, out: Any, grid: Size) -> None:
    """Fill `out` (pixels of `grid`, over a picture of `size`) from `plane` (pixels of `inner`, over its `place`).

    Both float32 on the device; as the CPU's `surround`.
    """
    device.over(_surround, *grid, plane, *inner, *place, *size, *grid, out)
