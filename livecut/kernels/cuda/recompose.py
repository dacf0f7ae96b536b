"""Mixing of blurred layers on a reduced grid with the sharp picture at full resolution, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu.recompose import _DITHER_ROWS, dither
from livecut.kernels.cpu.resample import taps
from livecut.kernels.cuda.background_blur import enlarged
from livecut.kernels.cuda.device import Device
from livecut.types import Size

__all__ = ["Recompose"]


@cuda.jit(cache=True)
def _layers(
    bgr: Any, alpha: Any, width: Any, height: Any, back: Any, person: Any, front: Any, on: Any, all_sharp: Any,
    w: Any, h: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any, noise: Any, noise_rows: Any, out: Any,
) -> None:  # fmt: skip
    # `back` (4 · h · w) levels behind the first plane, `person` (h · w) how much of the person is in focus, `front`
    # (4 · h · w) coverage and levels times coverage of what is blurred before, which counts only while `on[0]` is set.
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    scale, zero, one, top = np.float32(1.0 / 255.0), np.float32(0.0), np.float32(1.0), np.float32(255.0)
    count = w * h
    for y in range(start_y, height, step_y):
        upper, down = low_y[y], part_y[y]
        lower = min(upper + 1, h - 1)
        for x in range(start_x, width, step_x):
            at = y * width + x
            left, across = low_x[x], part_x[x]
            right = min(left + 1, w - 1)
            sharp, cover = np.float32(alpha[at]) * scale, zero
            if alpha[at] == 255:
                sharp = one
            if not all_sharp:
                sharp *= enlarged(person, 0, w, upper, lower, left, right, across, down)
            if on[0] != 0:
                cover = enlarged(front, 0, w, upper, lower, left, right, across, down)
            grain = 3 * ((y % noise_rows) * width + x)
            for k in range(3):
                own = bgr[3 * at + k]
                if sharp >= one and cover <= zero:
                    out[3 * at + k] = own
                else:
                    level = enlarged(back, (k + 1) * count, w, upper, lower, left, right, across, down)
                    level += (np.float32(own) - level) * sharp
                    if on[0] != 0:
                        near = enlarged(front, (k + 1) * count, w, upper, lower, left, right, across, down)
                        level = level * (one - cover) + near
                    out[3 * at + k] = np.uint8(min(max(level + noise[grain + k], zero), top))


class Recompose:
    """Enlarges what is blurred and mixes it with the sharp picture, for frames of one size."""

    def __init__(self, device: Device, size: Size, block: int, shape: tuple[int, int]) -> None:
        """Take the memory for layers of `shape` (w, h), every pixel of which stands for `block` x `block` pixels."""
        self._device, self._size, self._shape = device, size, shape
        across, down = taps(shape[0], size.width, block), taps(shape[1], size.height, block)
        self._taps = [device.given(table) for table in (*across, *down)]
        self._noise = device.given(dither(_DITHER_ROWS, size.width))

    def __call__(
        self, bgr: Any, alpha: Any, back: Any, person: Any, front: Any, on: Any, out: Any, *, all_sharp: bool
    ) -> None:
        """Far, sharp and near over each other into `out` (3 · pixels).

        `back` and `front` (4 · h · w) hold weight or coverage, then three levels (those of `front` times coverage);
        `front` counts while `on[0]` is set. `person` (h · w) is how much of the person is in focus, all of it if
        `all_sharp`.
        """
        args = (bgr, alpha, *self._size, back, person, front, on, all_sharp, *self._shape, *self._taps)
        self._device.over(_layers, *self._size, *args, self._noise, _DITHER_ROWS, out)
