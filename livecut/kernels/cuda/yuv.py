"""Conversion to I420 and NV12 on the device."""

from __future__ import annotations

from typing import Any, Literal

from numba import cuda

from livecut.kernels.cpu import yuv_plain as cpu
from livecut.kernels.cuda.device import Device
from livecut.types import Size

__all__ = ["bgr_to_i420", "bgr_to_nv12"]


@cuda.jit(cache=True)
def _convert(
    bgr: Any, width: Any, height: Any, even_width: Any, even_height: Any, by_turns: Any, out: Any, first: Any
) -> None:
    # A thread has a square of 2 x 2 pixels of the even part; `first`: where in `out` the picture begins.
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    luma = even_width * even_height
    half_width = even_width // 2
    for v in range(start_y, even_height // 2, step_y):
        for u in range(start_x, half_width, step_x):
            blue = green = red = 0
            for k in range(4):
                y, x = 2 * v + k // 2, 2 * u + k % 2
                at = 3 * (y * width + x)
                b, g, r = int(bgr[at]), int(bgr[at + 1]), int(bgr[at + 2])
                level = b * cpu.Y_B + g * cpu.Y_G + r * cpu.Y_R + cpu.Y_ROUND
                out[first + y * even_width + x] = level >> 16
                blue, green, red = blue + b, green + g, red + r
            cb = (blue * cpu.U_B + green * cpu.U_G + red * cpu.U_R + cpu.UV_ROUND) >> 18
            cr = (blue * cpu.V_B + green * cpu.V_G + red * cpu.V_R + cpu.UV_ROUND) >> 18
            place = v * half_width + u
            if by_turns:
                out[first + luma + 2 * place] = cb
                out[first + luma + 2 * place + 1] = cr
            else:
                out[first + luma + place] = cb
                out[first + luma + luma // 4 + place] = cr


def _run(device: Device, bgr: Any, size: Size, out: Any, first: int, *, by_turns: bool) -> None:
    even = Size(size.width - size.width % 2, size.height - size.height % 2)
    if min(even) > 0:
        device.over(_convert, even.width // 2, even.height // 2, bgr, *size, *even, by_turns, out, first)


def bgr_to_i420(device: Device, bgr: Any, size: Size, out: Any, first: int = 0) -> None:
    """Fill `out[first:]` with `bgr` (3 · pixels) uint8 as I420, without an odd side's last column or row."""
    _run(device, bgr, size, out, first, by_turns=False)


def bgr_to_nv12(device: Device, bgr: Any, size: Size, out: Any, first: int = 0) -> None:
    """Fill `out[first:]` with `bgr` as NV12; the values are those of `bgr_to_i420`."""
    _run(device, bgr, size, out, first, by_turns=True)


CONVERSIONS: dict[Literal["i420", "nv12"], Any] = {"i420": bgr_to_i420, "nv12": bgr_to_nv12}
"""By the name of the format."""
