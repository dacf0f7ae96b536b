"""How alike two pictures are along a motion, and where there is none, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import likeness as cpu
from livecut.kernels.cuda.background_blur import enlarged
from livecut.kernels.cuda.device import Device
from livecut.types import Size

__all__ = ["likeness"]


@cuda.jit(cache=True)
def _likeness(
    now: Any, before: Any, width: Any, height: Any, u: Any, v: Any, w: Any, h: Any,
    low_x: Any, part_x: Any, low_y: Any, part_y: Any, times: Any, dx: Any, dy: Any, same: Any,
) -> None:  # fmt: skip
    zero, one = np.float32(0.0), np.float32(1.0)
    scale = np.float32(1.0 / (cpu._DIFFERENT * cpu._DIFFERENT))
    right_most, low_most = np.float32(width - 1), np.float32(height - 1)
    to_right, to_below = 3 * min(1, width - 1), 3 * width * min(1, height - 1)
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        upper, down, left, across = low_y[y], part_y[y], low_x[x], part_x[x]
        lower, right = min(upper + 1, h - 1), min(left + 1, w - 1)
        move_x = enlarged(u, 0, w, upper, lower, left, right, across, down) * times
        move_y = enlarged(v, 0, w, upper, lower, left, right, across, down) * times
        at_x, at_y = np.float32(x) + move_x, np.float32(y) + move_y
        inside = at_x >= zero and at_y >= zero and at_x <= right_most and at_y <= low_most
        column = max(min(int(min(max(at_x, zero), right_most)), width - 2), 0)
        row = max(min(int(min(max(at_y, zero), low_most)), height - 2), 0)
        share_x, share_y = at_x - np.float32(column), at_y - np.float32(row)
        still, moved = zero, zero
        for channel in range(3):
            own = np.float32(now[3 * at + channel])
            still = max(still, abs(own - np.float32(before[3 * at + channel])))
            k = 3 * (row * width + column) + channel
            a, b = np.float32(before[k]), np.float32(before[k + to_right])
            c, d = np.float32(before[k + to_below]), np.float32(before[k + to_below + to_right])
            above, below = a + (b - a) * share_x, c + (d - c) * share_x
            moved = max(moved, abs(above + (below - above) * share_y - own))
        # A place that looks the same without any motion has not moved: in flat colours flow follows the noise.
        has_moved = inside and moved < still
        difference = moved if has_moved else still
        dx[at] = move_x if has_moved else zero
        dy[at] = move_y if has_moved else zero
        same[at] = max(zero, one - difference * difference * scale)


def likeness(
    device: Device, now: Any, before: Any, size: Size, flow: tuple[Any, Any, int, int], tables: list[Any],
    times: np.float32, dx: Any, dy: Any, same: Any,
) -> None:  # fmt: skip
    """Fill `dx`, `dy` and `same` (pixels) float32 for `now` and `before` (3 · pixels) uint8, as the CPU's function.

    `flow`: motion to the right and down on a grid of its own (flat float32), and that grid's width and height; `tables`
    enlarge it (`taps`), `times` makes it pixels.
    """
    device.each(_likeness, size.width * size.height, now, before, *size, *flow, *tables, times, dx, dy, same)
