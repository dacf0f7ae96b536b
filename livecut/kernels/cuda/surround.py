"""A part of the picture, laid into all of it on the device."""

from __future__ import annotations

from typing import Any

from numba import cuda

from livecut.kernels.cpu.geometry import Box
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.geometry import mirrored_place
from livecut.types import Size

__all__ = ["lay"]


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
