"""Gathering of light over circles of confusion, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu.lens import LEAST_RADIUS, STEPS, Aperture
from livecut.types import Plane

__all__ = ["edge_table", "gather", "put"]


@cuda.jit(device=True)
def put(planes: Any, count: Any, at: Any, radius: Any, weight: Any, b: Any, g: Any, r: Any, areas: Any) -> None:
    """Lay the light of a block into `planes` (6 · count): its radius, and weight and colours over its disc's area."""
    radius = max(radius, np.float32(LEAST_RADIUS))
    step = radius * np.float32(STEPS)
    low = int(step)
    share = np.float32(1.0) / (areas[low] + (areas[low + 1] - areas[low]) * (step - np.float32(low)))
    planes[at] = radius
    planes[count + at] = weight * share
    planes[2 * count + at] = b * share
    planes[3 * count + at] = g * share
    planes[4 * count + at] = r * share


@cuda.jit(cache=True)
def gather(
    planes: Any, w: Any, h: Any, reach: Any, edges: Any, repeats: Any, wanted: Any, seen: Any, on: Any, out: Any
) -> None:
    """Sum, for every wanted block, the light of all discs that cover it, as the CPU's kernel of this name.

    `edges` is an `edge_table`. Beyond the border is nothing, or, with `repeats`, its outermost pixels again. A block is
    wanted where one of its eight neighbours or itself is in `wanted` (h · w), or everywhere with `seen`. Nothing is
    done while `on[0]` is 0.
    """
    count = w * h
    zero, one = np.float32(0.0), np.float32(1.0)
    side = 2 * reach + 1
    if on[0] == 0:
        return
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        needed = seen
        if not needed:
            for j in range(max(0, y - 1), min(h, y + 2)):
                for i in range(max(0, x - 1), min(w, x + 2)):
                    needed = needed or wanted[j * w + i] != 0
        s = b = g = r = zero
        if needed:
            most = planes[5 * count + at]
            s, b = planes[count + at], planes[2 * count + at]
            g, r = planes[3 * count + at], planes[4 * count + at]
            for dy in range(-reach, reach + 1):
                row = y + dy
                if not repeats and (row < 0 or row >= h):
                    continue
                row = min(max(row, 0), h - 1)
                for dx in range(-reach, reach + 1):
                    column = x + dx
                    if (dx == 0 and dy == 0) or (not repeats and (column < 0 or column >= w)):
                        continue
                    k = row * w + min(max(column, 0), w - 1)
                    edge = edges[(dy + reach) * side + dx + reach]
                    cover = min(min(planes[k], most) - edge, one)
                    if cover > zero:
                        s += cover * planes[count + k]
                        b += cover * planes[2 * count + k]
                        g += cover * planes[3 * count + k]
                        r += cover * planes[4 * count + k]
        out[at] = s
        out[count + at] = b
        out[2 * count + at] = g
        out[3 * count + at] = r


def edge_table(shape: Aperture, *, mirrored: bool = False) -> Plane:
    """(2 reach + 1)² values: `Aperture.edges` of every offset from a pixel to a sample."""
    quarters = shape.edges(mirrored=mirrored)
    reach = shape.reach
    table = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for down in range(reach + 1):
        for right in range(reach + 1):
            places = ((down, right), (-down, -right), (right, -down), (-right, down))
            for quarter, (y, x) in enumerate(places):
                table[y + reach, x + reach] = quarters[quarter, down, right]
    return table
