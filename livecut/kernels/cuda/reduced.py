"""Weighted means of blocks of pixels, and Gaussian blur of them, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda, float64, uint32

from livecut.kernels.cuda.device import WIDEST, Device
from livecut.kernels.cuda.fill import Filler
from livecut.kernels.cuda.reduce import block_sum
from livecut.types import Size

__all__ = ["Blocks", "gaussian_columns", "gaussian_rows", "shade", "sure"]


@cuda.jit(device=True)
def sure(alpha: Any, person: Any) -> Any:
    """How surely a pixel of `alpha` 0 … 255 is person, or background: 0 … 252, by the square of the surer half."""
    a = int(alpha)
    a = a if person else 255 - a
    a = 2 * max(a, 128) - 256
    return (a * a) >> 8


@cuda.jit(cache=True)
def _block_sums(
    bgr: Any, width: Any, height: Any, alpha: Any, person: Any, block: Any, w: Any, h: Any, out: Any
) -> None:
    count = w * h
    scale = np.float32(1.0 / 252.0) / np.float32(block * block)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        b = g = r = s = uint32(0)
        for row in range(y * block, min((y + 1) * block, height)):
            for k in range(row * width + x * block, row * width + min((x + 1) * block, width)):
                share = uint32(sure(alpha[k], person))
                b += uint32(bgr[3 * k]) * share
                g += uint32(bgr[3 * k + 1]) * share
                r += uint32(bgr[3 * k + 2]) * share
                s += share
        out[at] = np.float32(b) * scale
        out[count + at] = np.float32(g) * scale
        out[2 * count + at] = np.float32(r) * scale
        out[3 * count + at] = np.float32(s) * scale


@cuda.jit(cache=True)
def _thin(planes: Any, keep: Any, w: Any, h: Any, out: Any) -> None:
    count = w * h
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        least = np.float32(1.0)
        for j in range(max(0, y - 1), min(h, y + 2)):
            for i in range(max(0, x - 1), min(w, x + 2)):
                least = min(least, planes[3 * count + j * w + i])
        factor = keep + (np.float32(1.0) - keep) * least
        for k in range(4):
            out[k * count + at] = planes[k * count + at] * factor


@cuda.jit(cache=True)
def _means(planes: Any, count: Any, bgr: Any, pixels: Any, means: Any) -> None:
    # One block: the mean colour of what has weight, or of the whole picture where nothing has.
    scratch = cuda.shared.array(WIDEST, float64)
    own, width = cuda.threadIdx.x, cuda.blockDim.x
    total = 0.0
    for at in range(own, count, width):
        total += planes[3 * count + at]
    total = block_sum(total, scratch)
    for k in range(3):
        part = 0.0
        if total > 0.0:
            for at in range(own, count, width):
                part += planes[k * count + at]
        else:
            for at in range(own, pixels, width):
                part += bgr[3 * at + k]
        part = block_sum(part, scratch)
        if own == 0:
            means[k] = np.float32(part / (total if total > 0.0 else float64(pixels)))


@cuda.jit(cache=True)
def gaussian_rows(planes: Any, n: Any, w: Any, h: Any, weights: Any, out: Any) -> None:
    """Blur the rows of `n` planes (n · h · w) by a half kernel; nothing lies beyond the borders."""
    reach = weights.size - 1
    for at in range(cuda.grid(1), n * h * w, cuda.gridsize(1)):
        x = at % w
        total = np.float32(0.0)
        for shift in range(-min(reach, x), min(reach, w - 1 - x) + 1):
            total += planes[at + shift] * weights[abs(shift)]
        out[at] = total


@cuda.jit(cache=True)
def gaussian_columns(planes: Any, n: Any, w: Any, h: Any, weights: Any, out: Any) -> None:
    """The columns, as `gaussian_rows`."""
    reach = weights.size - 1
    for at in range(cuda.grid(1), n * h * w, cuda.gridsize(1)):
        y = (at // w) % h
        total = np.float32(0.0)
        for shift in range(-min(reach, y), min(reach, h - 1 - y) + 1):
            total += planes[at + shift * w] * weights[abs(shift)]
        out[at] = total


@cuda.jit(device=True)
def _shaded(out: Any, at: Any, count: Any, b: Any, g: Any, r: Any, light: Any, saturation: Any) -> None:
    # BT.601 luma, as everywhere a camera's own grey is meant.
    grey = np.float32(0.114) * b + np.float32(0.587) * g + np.float32(0.299) * r
    out[at] = light * (grey + (b - grey) * saturation)
    out[count + at] = light * (grey + (g - grey) * saturation)
    out[2 * count + at] = light * (grey + (r - grey) * saturation)


@cuda.jit(cache=True)
def _shade(planes: Any, count: Any, light: Any, saturation: Any) -> None:
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        b, g, r = planes[at], planes[count + at], planes[2 * count + at]
        _shaded(planes, at, count, b, g, r, light, saturation)


def shade(device: Device, planes: Any, count: int, light: float, saturation: float) -> None:
    """Darken three planes of colours (3 · places) to `light` 0 … 1, and take colour out down to `saturation` 0 … 1."""
    device.each(_shade, count, planes, count, np.float32(light), np.float32(saturation))


@cuda.jit(cache=True)
def _colours(
    planes: Any, w: Any, h: Any, weights: Any, means: Any, light: Any, saturation: Any, out: Any, first: Any
) -> None:
    # Columns of the blur, the division by the weight, and the shade, in one pass; `first`: where in `out` to begin.
    count = w * h
    reach = weights.size - 1
    tiny = np.float32(1e-4)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        b = g = r = s = np.float32(0.0)
        for shift in range(-min(reach, y), min(reach, h - 1 - y) + 1):
            k = at + shift * w
            weight = weights[abs(shift)]
            b += planes[k] * weight
            g += planes[count + k] * weight
            r += planes[2 * count + k] * weight
            s += planes[3 * count + k] * weight
        share = np.float32(1.0) / (s + tiny)
        b, g, r = (b + tiny * means[0]) * share, (g + tiny * means[1]) * share, (r + tiny * means[2]) * share
        _shaded(out, first + at, count, b, g, r, light, saturation)


class Blocks:
    """Blurred colours of one side of a matte, on blocks of pixels of frames of one size."""

    def __init__(self, device: Device, size: Size, block: int, weights: Any, *, fills: bool = False) -> None:
        """Take the memory; `weights`: a half kernel on the device (`gaussian_weights`).

        `fills`: what the other side hides is filled before the blur, instead of left out of it.
        """
        self._device, self._size, self._block, self._weights = device, size, block, weights
        self.width, self.height = -(-size.width // block), -(-size.height // block)
        self._planes = device.empty(4 * self.width * self.height)
        self._scratch = device.empty(4 * self.width * self.height)
        self._means = device.empty(3)
        self._filler = Filler(device, self.width, self.height) if fills else None

    def __call__(
        self, bgr: Any, alpha: Any, out: Any, *, person: bool, keep: float = 1.0, light: float = 1.0,
        saturation: float = 1.0, first: int = 0,
    ) -> None:  # fmt: skip
        """Fill `out[first:]` (3 · h · w) with the colours of the person, or of the background, everywhere continued.

        `keep` below 1 thins blocks beside the other side down to it; `light` and `saturation` shade the result.
        """
        device, w, h = self._device, self.width, self.height
        count, size = w * h, self._size
        planes, scratch = self._planes, self._scratch
        device.each(_block_sums, count, bgr, *size, alpha, person, self._block, w, h, planes)
        if keep < 1.0:
            device.each(_thin, count, planes, np.float32(keep), w, h, scratch)
            planes, scratch = scratch, planes
        device.alone(_means, planes, count, bgr, size.width * size.height, self._means)
        if self._filler is not None:
            self._filler(planes, self._means)
        device.each(gaussian_rows, 4 * count, planes, 4, w, h, self._weights, scratch)
        shade = np.float32(light), np.float32(saturation)
        device.each(_colours, count, scratch, w, h, self._weights, self._means, *shade, out, first)
