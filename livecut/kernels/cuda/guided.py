"""Enlargement of a soft matte along the picture's edges, on the device."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numba import cuda, float64

from livecut.kernels.cpu.coverage import curved
from livecut.kernels.cpu.resample import taps
from livecut.kernels.cuda.device import Device
from livecut.types import Size

__all__ = ["BilinearUpsampler", "GuidedUpsampler", "HalvedUpsampler"]

_curved = cuda.jit(device=True)(curved.py_func)
_FITTED: Final = 5
"""Planes of what is fitted: slopes for b, g, r, offset, mean doubt."""
_NO_DOUBT: Final = 0.04
"""Up to this mean doubt around, the network's own answer counts; from the next one on, the fitted model does."""
_FULL_DOUBT: Final = 0.24
_GUIDE: TypeAlias = tuple[Any, int, int, int]
"""A picture that holds the guide, its width, and where the guide begins in it."""


def _check_curve(low: float, high: float) -> None:
    if not 0.0 <= low < high <= 1.0:
        raise ValueError(f"the coverage curve needs 0 <= low < high <= 1, not {low} and {high}")


@cuda.jit(cache=True)
def _fit_model(
    guide: Any, guide_width: Any, guide_left: Any, guide_top: Any, matte: Any, width: Any, height: Any, radius: Any,
    epsilon: Any, model: Any,
) -> None:  # fmt: skip
    # All fourteen means of a window, then ridge regression by cofactors in float64: the colours of a window are often
    # nearly collinear.
    level, four = np.float32(1.0 / 255.0), np.float32(4.0)
    count = width * height
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        b = g = r = m = doubt = np.float32(0.0)
        bb = bg = br = gg = gr = rr = bm = gm = rm = np.float32(0.0)
        top, bottom = max(0, y - radius), min(height, y + radius + 1)
        left, right = max(0, x - radius), min(width, x + radius + 1)
        for row in range(top, bottom):
            for column in range(left, right):
                k = 3 * ((guide_top + row) * guide_width + guide_left + column)
                cb = np.float32(guide[k]) * level
                cg = np.float32(guide[k + 1]) * level
                cr = np.float32(guide[k + 2]) * level
                p = matte[row * width + column]
                b += cb
                g += cg
                r += cr
                bb += cb * cb
                bg += cb * cg
                br += cb * cr
                gg += cg * cg
                gr += cg * cr
                rr += cr * cr
                m += p
                bm += cb * p
                gm += cg * p
                rm += cr * p
                doubt += (four - four * p) * p
        share = np.float32(1.0) / np.float32((bottom - top) * (right - left))
        b, g, r, m = b * share, g * share, r * share, m * share
        v0 = float64(bb * share - b * b + epsilon)
        v1 = float64(bg * share - b * g)
        v2 = float64(br * share - b * r)
        v3 = float64(gg * share - g * g + epsilon)
        v4 = float64(gr * share - g * r)
        v5 = float64(rr * share - r * r + epsilon)
        t0, t1, t2 = float64(bm * share - b * m), float64(gm * share - g * m), float64(rm * share - r * m)
        c0, c1, c2 = v3 * v5 - v4 * v4, v4 * v2 - v1 * v5, v1 * v4 - v3 * v2
        c3, c4, c5 = v0 * v5 - v2 * v2, v1 * v2 - v0 * v4, v0 * v3 - v1 * v1
        over = 1.0 / (c0 * v0 + c1 * v1 + c2 * v2)
        slope_b = np.float32((c0 * t0 + c1 * t1 + c2 * t2) * over)
        slope_g = np.float32((c1 * t0 + c3 * t1 + c4 * t2) * over)
        slope_r = np.float32((c2 * t0 + c4 * t1 + c5 * t2) * over)
        model[at] = slope_b
        model[count + at] = slope_g
        model[2 * count + at] = slope_r
        model[3 * count + at] = m - b * slope_b - g * slope_g - r * slope_r
        model[4 * count + at] = doubt * share


@cuda.jit(cache=True)
def _fold(model: Any, matte: Any, width: Any, height: Any, radius: Any, low: Any, high: Any, out: Any) -> None:
    # The windows' mean, sure regions left at the network's own answer, the curve's ends put in: as the CPU's `_fold`.
    gain = np.float32(1.0) / (high - low)
    least, per_doubt = np.float32(_NO_DOUBT), np.float32(1.0 / (_FULL_DOUBT - _NO_DOUBT))
    zero, one, level = np.float32(0.0), np.float32(1.0), np.float32(1.0 / 255.0)
    count = width * height
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        b = g = r = offset = doubt = zero
        top, bottom = max(0, y - radius), min(height, y + radius + 1)
        left, right = max(0, x - radius), min(width, x + radius + 1)
        for row in range(top, bottom):
            for k in range(row * width + left, row * width + right):
                b += model[k]
                g += model[count + k]
                r += model[2 * count + k]
                offset += model[3 * count + k]
                doubt += model[4 * count + k]
        share = one / np.float32((bottom - top) * (right - left))
        trust = min(one, max(zero, doubt * share - least) * per_doubt)
        slope = trust * gain * level * share
        out[at] = b * slope
        out[count + at] = g * slope
        out[2 * count + at] = r * slope
        out[3 * count + at] = (trust * offset * share + (one - trust) * matte[at] - low) * gain


@cuda.jit(cache=True)
def _flatten(matte: Any, count: Any, low: Any, high: Any, model: Any) -> None:
    gain = np.float32(1.0) / (high - low)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        for k in range(3):
            model[k * count + at] = np.float32(0.0)
        model[3 * count + at] = (matte[at] - low) * gain


@cuda.jit(cache=True)
def _coverage(
    bgr: Any, width: Any, height: Any, model: Any, columns: Any, rows: Any,
    low_x: Any, part_x: Any, low_y: Any, part_y: Any, out: Any,
) -> None:  # fmt: skip
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    count = columns * rows
    for y in range(start_y, height, step_y):
        upper = low_y[y] * columns
        lower = min(low_y[y] + 1, rows - 1) * columns
        down = part_y[y]
        for x in range(start_x, width, step_x):
            left = low_x[x]
            right = min(left + 1, columns - 1)
            across = part_x[x]
            at = y * width + x
            value = np.float32(0.0)
            for k in range(4):
                plane = k * count
                a, b = model[plane + upper + left], model[plane + lower + left]
                above = a + (model[plane + upper + right] - a) * across
                below = b + (model[plane + lower + right] - b) * across
                part = above + (below - above) * down
                value += part * np.float32(bgr[3 * at + k]) if k < 3 else part
            out[at] = _curved(value)


class _Coverage:
    """Turns models of one size into alpha for frames of one size."""

    def __init__(self, device: Device, size: Size, plane_size: Size) -> None:
        self._device, self._size, self._plane_size = device, size, plane_size
        across, down = taps(plane_size.width, size.width), taps(plane_size.height, size.height)
        self._taps = [device.given(table) for table in (*across, *down)]

    def __call__(self, bgr: Any, model: Any, out: Any) -> None:
        self._device.over(_coverage, *self._size, bgr, *self._size, model, *self._plane_size, *self._taps, out)


class GuidedUpsampler:
    """The fast guided filter of the CPU's class of this name, for mattes and frames of one size each."""

    def __init__(
        self, device: Device, size: Size, plane_size: Size, *, radius: int, epsilon: float, low: float, high: float
    ) -> None:
        """Take the memory; parameters as of the CPU's."""
        _check_curve(low, high)
        self._device, self._plane_size = device, plane_size
        self._radius, self._epsilon = radius, np.float32(epsilon)
        self._low, self._high = np.float32(low), np.float32(high)
        count = plane_size.width * plane_size.height
        self._model, self._folded = device.empty(_FITTED * count), device.empty(4 * count)
        self._coverage = _Coverage(device, size, plane_size)

    def __call__(self, bgr: Any, matte: Any, guide: _GUIDE, out: Any) -> None:
        """Fill `out` (pixels) uint8 from `matte` (h · w) float32 and the frame `bgr`, which `guide` shows shrunk."""
        size, device = self._plane_size, self._device
        count = size.width * size.height
        device.each(_fit_model, count, *guide, matte, *size, self._radius, self._epsilon, self._model)
        device.each(_fold, count, self._model, matte, *size, self._radius, self._low, self._high, self._folded)
        self._coverage(bgr, self._folded, out)


class BilinearUpsampler:
    """Enlarges mattes without looking at the picture."""

    def __init__(self, device: Device, size: Size, plane_size: Size, *, low: float, high: float) -> None:
        """Take the memory; parameters as of the CPU's."""
        _check_curve(low, high)
        self._device, self._low, self._high = device, np.float32(low), np.float32(high)
        self._count = plane_size.width * plane_size.height
        self._model = device.empty(4 * self._count)
        self._coverage = _Coverage(device, size, plane_size)

    def __call__(self, bgr: Any, matte: Any, guide: _GUIDE, out: Any) -> None:
        """Fill `out` (pixels) uint8 from `matte` (h · w) float32; the pictures are not used."""
        self._device.each(_flatten, self._count, matte, self._count, self._low, self._high, self._model)
        self._coverage(bgr, self._model, out)


@cuda.jit(cache=True)
def _halve(
    guide: Any, guide_width: Any, guide_left: Any, guide_top: Any, matte: Any, width: Any, height: Any,
    half_width: Any, half_height: Any, half_guide: Any, half_matte: Any,
) -> None:  # fmt: skip
    per_x, per_y = np.float32(width) / np.float32(half_width), np.float32(height) / np.float32(half_height)
    for at in range(cuda.grid(1), half_width * half_height, cuda.gridsize(1)):
        y = at // half_width
        x = at - y * half_width
        left, top = np.float32(x) * per_x, np.float32(y) * per_y
        right = min(left + per_x, np.float32(width))
        bottom = min(top + per_y, np.float32(height))
        b = g = r = p = weight = np.float32(0.0)
        row = int(top)
        while np.float32(row) < bottom:
            share_y = min(np.float32(row + 1), bottom) - max(np.float32(row), top)
            column = int(left)
            while np.float32(column) < right:
                share = share_y * (min(np.float32(column + 1), right) - max(np.float32(column), left))
                k = 3 * ((guide_top + row) * guide_width + guide_left + column)
                b += share * np.float32(guide[k])
                g += share * np.float32(guide[k + 1])
                r += share * np.float32(guide[k + 2])
                p += share * matte[row * width + column]
                weight += share
                column += 1
            row += 1
        half = np.float32(0.5)
        half_matte[at] = p / weight
        half_guide[3 * at] = np.uint8(b / weight + half)
        half_guide[3 * at + 1] = np.uint8(g / weight + half)
        half_guide[3 * at + 2] = np.uint8(r / weight + half)


class HalvedUpsampler:
    """`GuidedUpsampler` on half the matte's grid."""

    def __init__(
        self, device: Device, size: Size, plane_size: Size, *, radius: int, epsilon: float, low: float, high: float
    ) -> None:
        """Take the memory; parameters as of the CPU's."""
        self._device, self._plane_size = device, plane_size
        self._half = half = Size((plane_size.width + 1) // 2, (plane_size.height + 1) // 2)
        radius = max(1, radius // 2)
        self._guided = GuidedUpsampler(device, size, half, radius=radius, epsilon=epsilon, low=low, high=high)
        self._matte = device.empty(half.width * half.height)
        self._guide = device.empty(3 * half.width * half.height, np.uint8)

    def __call__(self, bgr: Any, matte: Any, guide: _GUIDE, out: Any) -> None:
        """As of `GuidedUpsampler`, for mattes of twice the size."""
        half = self._half
        args = (*guide, matte, *self._plane_size, *half, self._guide, self._matte)
        self._device.each(_halve, half.width * half.height, *args)
        self._guided(bgr, self._matte, (self._guide, half.width, 0, 0), out)
