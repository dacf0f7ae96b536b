"""Where the parts of a moving picture part, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import parting as cpu
from livecut.kernels.cuda.device import Device
from livecut.types import Size

__all__ = ["parting"]


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


def parting(device: Device, size: Size, dx: Any, dy: Any, same: Any, out: Any) -> None:
    """Fill `out` with `same`, lessened where a moving edge is near, as the CPU's `Parting`; all (pixels) float32."""
    device.each(_lessen, size.width * size.height, dx, dy, same, *size, *cpu.apart_from(size), out)
