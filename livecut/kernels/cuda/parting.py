"""Where the parts of a moving picture part, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import parting as cpu
from livecut.kernels.cuda.device import Device
from livecut.types import Size

__all__ = ["medians", "parting"]


@cuda.jit(device=True, inline=True)
def _middle(a: Any, b: Any, c: Any) -> Any:
    return max(min(a, b), min(max(a, b), c))


@cuda.jit(device=True, inline=True)
def _in_order(a: Any, b: Any, c: Any) -> Any:
    return min(a, b, c), _middle(a, b, c), max(a, b, c)


@cuda.jit(device=True)
def _median(plane: Any, width: Any, height: Any, x: Any, y: Any) -> Any:
    # Of nine: the middle of the most of the columns' least, the middle of their middles, and the least of their most.
    above, here, below = max(y - 1, 0) * width, y * width, min(y + 1, height - 1) * width
    left, right = max(x - 1, 0), min(x + 1, width - 1)
    low, mid, high = _in_order(plane[above + left], plane[here + left], plane[below + left])
    low_2, mid_2, high_2 = _in_order(plane[above + x], plane[here + x], plane[below + x])
    low_3, mid_3, high_3 = _in_order(plane[above + right], plane[here + right], plane[below + right])
    return _middle(max(low, low_2, low_3), _middle(mid, mid_2, mid_3), min(high, high_2, high_3))


@cuda.jit(cache=True)
def _take_medians(dx: Any, dy: Any, width: Any, height: Any, out_x: Any, out_y: Any) -> None:
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        out_x[at], out_y[at] = _median(dx, width, height, x, y), _median(dy, width, height, x, y)


def medians(device: Device, size: Size, dx: Any, dy: Any, out_x: Any, out_y: Any) -> None:
    """Fill `out_x` and `out_y` with the medians of three by three places of the motion; all (pixels) float32."""
    device.each(_take_medians, size.width * size.height, dx, dy, *size, out_x, out_y)


@cuda.jit(cache=True)
def _lessen(dx: Any, dy: Any, same: Any, width: Any, height: Any, apart: Any, per_pixel: Any, out: Any) -> None:
    zero, one = np.float32(0.0), np.float32(1.0)
    reach, near = cpu._REACH // 2, cpu._NEAR // 2
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        least_x = most_x = dx[at]
        least_y = most_y = dy[at]
        alike = same[at]
        for row in range(max(0, y - reach), min(height, y + reach + 1)):
            for column in range(max(0, x - reach), min(width, x + reach + 1)):
                k = row * width + column
                least_x, most_x = min(least_x, dx[k]), max(most_x, dx[k])
                least_y, most_y = min(least_y, dy[k]), max(most_y, dy[k])
                if abs(row - y) <= near and abs(column - x) <= near:
                    alike = min(alike, same[k])
        spread = max(most_x - least_x, most_y - least_y)
        out[at] = alike * min(one, max(zero, (apart - spread) * per_pixel))


@cuda.jit(cache=True)
def _soften(same: Any, width: Any, height: Any, out: Any) -> None:
    ninth = np.float32(1.0 / 9.0)
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        total = np.float32(0.0)
        for row in range(y - 1, y + 2):
            start = min(max(row, 0), height - 1) * width
            for column in range(x - 1, x + 2):
                total += same[start + min(max(column, 0), width - 1)]
        out[at] = total * ninth


def parting(device: Device, size: Size, dx: Any, dy: Any, same: Any, scratch: Any, out: Any) -> None:
    """Fill `out` with `same`, lessened where a moving edge is near, as the CPU's `Parting` of medians does.

    All are (pixels) float32; `scratch` is used on the way.
    """
    pixels = size.width * size.height
    device.each(_lessen, pixels, dx, dy, same, *size, *cpu.apart_from(size), scratch)
    device.each(_soften, pixels, scratch, *size, out)
