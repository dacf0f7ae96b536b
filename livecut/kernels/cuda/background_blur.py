"""Blur of the background alone, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import background_blur as cpu
from livecut.kernels.cpu.reduced import gaussian_weights
from livecut.kernels.cpu.resample import taps
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.reduced import Blocks, shade
from livecut.kernels.cuda.room_memory import RoomMemory
from livecut.kernels.sharp_share import sharp_share
from livecut.types import Size

__all__ = ["BackgroundBlur", "enlarged"]


_sharp_share: Any = cuda.jit(device=True)(sharp_share)


@cuda.jit(device=True)
def enlarged(
    planes: Any, first: Any, w: Any, upper: Any, lower: Any, left: Any, right: Any, across: Any, down: Any
) -> Any:
    """A value between four of a plane that begins at `first`: rows first, as the CPU's bands do."""
    a, b = planes[first + upper * w + left], planes[first + lower * w + left]
    above = a + (planes[first + upper * w + right] - a) * across
    below = b + (planes[first + lower * w + right] - b) * across
    return above + (below - above) * down


@cuda.jit(cache=True)
def _mix(
    bgr: Any, alpha: Any, width: Any, height: Any, planes: Any, w: Any, h: Any,
    low_x: Any, part_x: Any, low_y: Any, part_y: Any, dim: Any, own: Any, out: Any,
) -> None:  # fmt: skip
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    scale, one, half = np.float32(1.0 / 255.0), np.float32(1.0), np.float32(0.5)
    for y in range(start_y, height, step_y):
        upper, down = low_y[y], part_y[y]
        lower = min(upper + 1, h - 1)
        for x in range(start_x, width, step_x):
            at = y * width + x
            left, across = low_x[x], part_x[x]
            right = min(left + 1, w - 1)
            person = _sharp_share(np.float32(alpha[at]) * scale, own)
            for k in range(3):
                front = bgr[3 * at + k]
                if alpha[at] == 255:
                    out[3 * at + k] = front
                else:
                    back = enlarged(planes, k * w * h, w, upper, lower, left, right, across, down)
                    shown = np.float32(front) * (one - dim * (one - person))
                    out[3 * at + k] = np.uint8(back + (shown - back) * person + half)


class BackgroundBlur:
    """A blurred background behind the sharp person, as the CPU's class of this name paints it."""

    def __init__(
        self, device: Device, size: Size, radius_px: float, *, dim: float = 0.0, saturation: float = 1.0,
        calm: bool = False,
    ) -> None:  # fmt: skip
        """Take the memory; parameters as of the CPU's."""
        if not (0.0 <= dim <= 1.0 and 0.0 <= saturation <= 1.0):
            raise ValueError(f"dim and saturation must be 0 … 1, not {dim} and {saturation}")
        sigma = radius_px * size.height / cpu._REFERENCE_LINES
        block = cpu._block(sigma)
        self._device, self._size = device, size
        self._dim, self._saturation = dim, saturation
        self._weights = gaussian_weights(max(sigma / block, 0.1))
        self._blocks = Blocks(device, size, block, device.given(self._weights), fills=True)
        self._shape = self._blocks.width, self._blocks.height
        count = self._shape[0] * self._shape[1]
        self._planes = device.empty(3 * count)
        self._memory = RoomMemory(device, count) if calm else None
        across, down = taps(self._shape[0], size.width, block), taps(self._shape[1], size.height, block)
        self._taps = [device.given(table) for table in (*across, *down)]

    def __call__(self, bgr: Any, alpha: Any, out: Any) -> None:
        """Fill `out` (3 · pixels) with `bgr` (3 · pixels), blurred where `alpha` (pixels) is not 255; all uint8."""
        light, saturation = 1.0 - self._dim, self._saturation
        if self._memory is None:
            self._blocks(bgr, alpha, self._planes, person=False, keep=cpu.THINNED, light=light, saturation=saturation)
        else:
            # The room is remembered as it is, or a change of its shade would be a change of it.
            self._blocks(bgr, alpha, self._planes, person=False, keep=cpu.THINNED)
            self._memory(self._planes)
            if light != 1.0 or saturation != 1.0:
                shade(self._device, self._planes, self._shape[0] * self._shape[1], light, saturation)
        args = (bgr, alpha, *self._size, self._planes, *self._shape, *self._taps, np.float32(self._dim))
        own = np.float32((light * saturation) ** 2)
        self._device.over(_mix, *self._size, *args, own, out)

    def go_on_from(self, earlier: BackgroundBlur) -> bool:
        """Take over what another one of the same grid and blur remembers; False where it is of another."""
        if self._memory is None or earlier._memory is None or not np.array_equal(self._weights, earlier._weights):
            return False
        return self._shape == earlier._shape and self._memory.go_on_from(earlier._memory)

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        if self._memory is not None:
            self._memory.forget()
