"""Linear light at reduced resolution, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda, uint32

from livecut.kernels import optics
from livecut.kernels.cpu import light as cpu
from livecut.kernels.cuda.reduced import sure

__all__ = ["level_at", "light_sums", "table_place"]

_to_light = cuda.jit(device=True)(optics.to_light)
table_place: Any = cuda.jit(device=True)(optics.table_place)
level_at: Any = cuda.jit(device=True)(optics.level_at)
"""Those of `optics`, on the device."""


@cuda.jit(cache=True)
def light_sums(
    bgr: Any, width: Any, height: Any, alpha: Any, person: Any, block: Any, bloom: Any, w: Any, h: Any, out: Any
) -> None:
    """Mean light of every block, as the CPU's kernel: `out` (5 · h · w) weight, three colours, mean alpha."""
    count = w * h
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        top, bottom = y * block, min((y + 1) * block, height)
        left, right = x * block, min((x + 1) * block, width)
        b = g = r = np.float32(0.0)
        s = c = uint32(0)
        for row in range(top, bottom):
            for k in range(row * width + left, row * width + right):
                c += uint32(alpha[k])
                part = sure(alpha[k], person)
                part = (part * part) >> 8
                s += uint32(part)
                share = np.float32(part)
                b += _to_light(np.float32(bgr[3 * k]), bloom) * share
                g += _to_light(np.float32(bgr[3 * k + 1]), bloom) * share
                r += _to_light(np.float32(bgr[3 * k + 2]), bloom) * share
        pixels = np.float32((bottom - top) * (right - left))
        scale = np.float32(1.0) / (np.float32(cpu._SURE) * pixels)
        out[at] = np.float32(s) * scale
        out[count + at] = b * scale
        out[2 * count + at] = g * scale
        out[3 * count + at] = r * scale
        out[4 * count + at] = np.float32(c) / (np.float32(255.0) * pixels)
