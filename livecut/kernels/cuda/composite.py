"""Compositing of a person over a picture, and plain views of the alpha, on the device."""

from __future__ import annotations

from typing import Any

from numba import cuda

from livecut.kernels.cuda.device import Device

__all__ = ["grey", "over_picture"]


@cuda.jit(cache=True)
def _over_picture(bgr: Any, alpha: Any, backdrop: Any, pixels: Any, out: Any) -> None:
    for at in range(cuda.grid(1), pixels, cuda.gridsize(1)):
        a = int(alpha[at])
        for k in range(3 * at, 3 * at + 3):
            # The exact quotient by 255, rounded to nearest, as on the CPU.
            t = int(bgr[k]) * a + int(backdrop[k]) * (255 - a) + 128
            out[k] = (t + (t >> 8)) >> 8


@cuda.jit(cache=True)
def _grey(alpha: Any, pixels: Any, out: Any) -> None:
    for at in range(cuda.grid(1), pixels, cuda.gridsize(1)):
        for k in range(3):
            out[3 * at + k] = alpha[at]


def over_picture(device: Device, bgr: Any, alpha: Any, backdrop: Any, pixels: int, out: Any) -> None:
    """Fill `out` with `bgr` over `backdrop`, all (3 · pixels) uint8, by `alpha` (pixels) uint8."""
    device.each(_over_picture, pixels, bgr, alpha, backdrop, pixels, out)


def grey(device: Device, alpha: Any, pixels: int, out: Any) -> None:
    """Fill `out` (3 · pixels) with `alpha` (pixels) as a grey picture."""
    device.each(_grey, pixels, alpha, pixels, out)
