"""A person's rim before another background, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import rim as cpu
from livecut.kernels.cpu.reduced import gaussian_weights
from livecut.kernels.cpu.resample import taps
from livecut.kernels.cuda.background_blur import enlarged
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.reduced import Blocks, gaussian_columns, gaussian_rows
from livecut.types import Size

__all__ = ["Rim"]


@cuda.jit(cache=True)
def _openness(alpha: Any, width: Any, height: Any, block: Any, w: Any, h: Any, out: Any) -> None:
    for at in range(cuda.grid(1), w * h, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        bottom, right = min((y + 1) * block, height), min((x + 1) * block, width)
        total = 0
        for row in range(y * block, bottom):
            for k in range(row * width + x * block, row * width + right):
                total += 255 - int(alpha[k])
        out[at] = np.float32(total) / np.float32(255 * (bottom - y * block) * (right - x * block))


@cuda.jit(cache=True)
def _wrap(light: Any, weight: Any, amount: Any, count: Any, out: Any, first: Any) -> None:
    least, level = np.float32(0.02), np.float32(1.0 / 255.0)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        reach = min(np.float32(1.0), np.float32(2.0) * max(np.float32(0.0), weight[at] - least))
        for c in range(3):
            out[first + c * count + at] = amount * reach * light[c * count + at] * level


@cuda.jit(cache=True)
def _paint(
    bgr: Any, alpha: Any, backdrop: Any, width: Any, height: Any, planes: Any, w: Any, h: Any,
    low_x: Any, part_x: Any, low_y: Any, part_y: Any, clean: Any, solid: Any, out: Any,
) -> None:  # fmt: skip
    # `planes`: the person's colours, the room's, the light. Where alpha is 255 and no light reaches, bytes stay.
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    level, half = np.float32(1.0 / 255.0), np.float32(0.5)
    zero, top = np.float32(0.0), np.float32(255.0)
    count = w * h
    for y in range(start_y, height, step_y):
        upper, down = low_y[y], part_y[y]
        lower = min(upper + 1, h - 1)
        for x in range(start_x, width, step_x):
            at = y * width + x
            left, across = low_x[x], part_x[x]
            right = min(left + 1, w - 1)
            a = np.float32(alpha[at]) * level
            for k in range(3):
                front = np.float32(bgr[3 * at + k])
                if clean and alpha[at] != 255:
                    person = enlarged(planes, k * count, w, upper, lower, left, right, across, down)
                    room = enlarged(planes, (3 + k) * count, w, upper, lower, left, right, across, down)
                    front = min(max(person + a * (front - (room + (person - room) * a)), zero), top)
                if solid:
                    out[3 * at + k] = np.uint8(front + half) if alpha[at] > 0 else 0
                else:
                    light = enlarged(planes, (6 + k) * count, w, upper, lower, left, right, across, down)
                    shown = front + (top - front) * light
                    behind = np.float32(backdrop[3 * at + k])
                    out[3 * at + k] = np.uint8(behind + (shown - behind) * a + half)


class Rim:
    """Puts people of frames of one size before another background, as the CPU's class of this name does."""

    def __init__(self, device: Device, size: Size, *, decontaminate: bool, light_wrap: float) -> None:
        """Take the memory; parameters as of the CPU's."""
        if not 0.0 <= light_wrap <= 1.0:
            raise ValueError(f"light_wrap must be 0 … 1, not {light_wrap}")
        self._device, self._size = device, size
        self._clean, self._amount = decontaminate, np.float32(light_wrap)
        lines = size.height / cpu._REFERENCE_LINES
        self._block = block = max(2, round(cpu._BLOCK_PX * lines))
        self._colours = Blocks(device, size, block, device.given(gaussian_weights(cpu._COLOUR_PX * lines / block)))
        self._light_weights = device.given(gaussian_weights(cpu._LIGHT_PX * lines / block))
        self._lights = Blocks(device, size, block, self._light_weights)
        self._shape = w, h = self._colours.width, self._colours.height
        self._count = w * h
        self._planes, self._light = device.zeros(9 * w * h), device.zeros(3 * w * h)
        self._share, self._scratch = device.empty(w * h), device.empty(w * h)
        self._nobody = device.zeros(size.width * size.height, np.uint8)
        across, down = taps(w, size.width, block), taps(h, size.height, block)
        self._taps = [device.given(table) for table in (*across, *down)]

    def light(self, backdrop: Any) -> None:
        """Take the light from `backdrop` (3 · pixels); needed once for each that `over` gets."""
        if self._amount > 0.0:
            self._lights(backdrop, self._nobody, self._light, person=False)

    def over(self, bgr: Any, alpha: Any, backdrop: Any, out: Any) -> None:
        """Fill `out` with `bgr` over `backdrop`, all (3 · pixels), by `alpha`; `light(backdrop)` came before."""
        if self._amount > 0.0:
            device, (w, h), count = self._device, self._shape, self._count
            device.each(_openness, count, alpha, *self._size, self._block, w, h, self._share)
            device.each(gaussian_rows, count, self._share, 1, w, h, self._light_weights, self._scratch)
            device.each(gaussian_columns, count, self._scratch, 1, w, h, self._light_weights, self._share)
            device.each(_wrap, count, self._light, self._share, self._amount, count, self._planes, 6 * count)
        self._run(bgr, alpha, backdrop, out, solid=False)

    def alone(self, bgr: Any, alpha: Any, out: Any) -> None:
        """Fill `out` with the person's own colour wherever `alpha` is above 0, and black elsewhere."""
        self._run(bgr, alpha, bgr, out, solid=True)

    def _run(self, bgr: Any, alpha: Any, backdrop: Any, out: Any, *, solid: bool) -> None:
        if self._clean:
            self._colours(bgr, alpha, self._planes, person=True)
            self._colours(bgr, alpha, self._planes, person=False, first=3 * self._count)
        args = (bgr, alpha, backdrop, *self._size, self._planes, *self._shape, *self._taps, self._clean, solid, out)
        self._device.over(_paint, *self._size, *args)
