"""How a picture moved since an earlier one, and where it stayed the same, on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cuda, float64

from livecut.kernels import inverse_search
from livecut.kernels.cpu import motion_field as cpu
from livecut.kernels.cpu.calm import DEVIATION
from livecut.kernels.cpu.inverse_search import FINEST
from livecut.kernels.cpu.resample import taps
from livecut.kernels.cuda.device import WIDEST, Device
from livecut.kernels.cuda.geometry import fit
from livecut.kernels.cuda.likeness import likeness
from livecut.kernels.cuda.parting import medians, parting
from livecut.kernels.cuda.reduce import block_sum
from livecut.kernels.reflection import mirrored
from livecut.types import Size

__all__ = ["DeviceMotion", "MotionField"]

_REACH = 3
"""Pixels on each side that the calming blur looks at: OpenCV's choice for its deviation."""

_patch_motion = cuda.jit(device=True)(inverse_search.patch_motion)
_dense_motion = cuda.jit(device=True)(inverse_search.dense_motion)
_mirrored = cuda.jit(device=True)(mirrored)


@dataclass(frozen=True, slots=True)
class DeviceMotion:
    """`Motion` on the device, valid until the next picture."""

    dx: Any
    """(h · w) float32, as are `dy` and `same`."""
    dy: Any
    same: Any
    known: Any
    """Its first element is 0 where the motion says nothing: after a cut, or a jump of the light."""


@cuda.jit(cache=True)
def _calm_rows(
    image: Any, image_width: Any, left: Any, top: Any, width: Any, height: Any, weights: Any, grey: Any, out: Any
) -> None:
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        first = (top + y) * image_width + left
        b = g = r = np.float32(0.0)
        for shift in range(-_REACH, _REACH + 1):
            k = 3 * (first + _mirrored(x + shift, 0, width))
            weight = weights[abs(shift)]
            b += np.float32(image[k]) * weight
            g += np.float32(image[k + 1]) * weight
            r += np.float32(image[k + 2]) * weight
        out[3 * at], out[3 * at + 1], out[3 * at + 2] = b, g, r
        k = 3 * (first + x)
        # BT.601 by OpenCV's own fixed-point shares.
        luma = 3735 * int(image[k]) + 19235 * int(image[k + 1]) + 9798 * int(image[k + 2])
        grey[at] = (luma + 16384) >> 15


@cuda.jit(cache=True)
def _calm_columns(rows: Any, width: Any, height: Any, weights: Any, out: Any) -> None:
    for at in range(cuda.grid(1), 3 * width * height, cuda.gridsize(1)):
        y = at // (3 * width)
        first = at - y * 3 * width
        total = np.float32(0.0)
        for shift in range(-_REACH, _REACH + 1):
            total += rows[_mirrored(y + shift, 0, height) * 3 * width + first] * weights[abs(shift)]
        out[at] = np.uint8(total + np.float32(0.5))


@cuda.jit(cache=True)
def _halve(plane: Any, source_width: Any, width: Any, height: Any, out: Any) -> None:
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        k = 2 * y * source_width + 2 * x
        total = int(plane[k]) + int(plane[k + 1]) + int(plane[k + source_width]) + int(plane[k + source_width + 1])
        out[at] = (total + 2) >> 2


@cuda.jit(cache=True)
def _search(
    now: Any, before: Any, width: Any, height: Any, coarse_u: Any, coarse_v: Any, coarse_width: Any, coarse_height: Any,
    columns: Any, rows: Any, patch_u: Any, patch_v: Any,
) -> None:  # fmt: skip
    # A thread a patch. `coarse_width` 0: this is the coarsest level.
    side, stride = inverse_search.SIDE, inverse_search.STRIDE
    for at in range(cuda.grid(1), columns * rows, cuda.gridsize(1)):
        row = at // columns
        left, top = min((at - row * columns) * stride, width - side), min(row * stride, height - side)
        u = v = np.float32(0.0)
        if coarse_width > 0:
            k = min((top + side // 2) // 2, coarse_height - 1) * coarse_width
            k += min((left + side // 2) // 2, coarse_width - 1)
            u, v = np.float32(2.0) * coarse_u[k], np.float32(2.0) * coarse_v[k]
        u, v = _patch_motion(now, before, width, height, left, top, u, v)
        patch_u[at], patch_v[at] = u, v


@cuda.jit(cache=True)
def _spread(
    now: Any, before: Any, width: Any, height: Any, patch_u: Any, patch_v: Any, columns: Any, rows: Any, u: Any, v: Any
) -> None:
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        u[at], v[at] = _dense_motion(now, before, width, height, x, y, patch_u, patch_v, columns, rows)


@cuda.jit(cache=True)
def _judge(same: Any, count: Any, known: Any) -> None:
    # One block: whether enough of the picture is alike.
    scratch = cuda.shared.array(WIDEST, float64)
    own, width = cuda.threadIdx.x, cuda.blockDim.x
    total = 0.0
    for at in range(own, count, width):
        total += same[at]
    total = block_sum(total, scratch)
    if own == 0:
        known[0] = 1 if total >= cpu._CUT * count else 0


class _Level:
    """Memory of one level: the grey picture and the one before, and how each patch and pixel moved."""

    def __init__(self, device: Device, size: Size) -> None:
        self.size = size
        count = size.width * size.height
        self.now, self.before = device.empty(count, np.uint8), device.empty(count, np.uint8)
        self.u, self.v = device.zeros(count), device.zeros(count)
        fits = min(size) >= inverse_search.SIDE
        self.columns = inverse_search.patch_count(size.width) if fits else 0
        self.rows = inverse_search.patch_count(size.height) if fits else 0
        patches = self.columns * self.rows
        self.patch_u, self.patch_v = device.empty(patches), device.empty(patches)


class MotionField:
    """Follows pictures of one size from one to the next, as the CPU's class of this name.

    Flow is dense inverse search as the CPU's is. What that takes over from a patch's neighbours, one after the other,
    is left out here: every patch begins with the next coarser level's motion. Nor is the outcome averaged.
    """

    def __init__(self, device: Device, size: Size) -> None:
        """Take the memory."""
        self._device, self.size = device, size
        count = size.width * size.height
        most = inverse_search.coarsest_level(*size) if min(size) >= cpu._LEAST_SIDE else 0
        self._levels = [_Level(device, Size(size.width >> k, size.height >> k)) for k in range(most + 1)]
        self._now, self._before = device.empty(3 * count, np.uint8), device.empty(3 * count, np.uint8)
        self._rows = device.empty(3 * count)
        self._weights = device.given(_half_kernel())
        self._dx, self._dy, self._raw, self._same = (device.zeros(count) for _ in range(4))
        self._raw_dx, self._raw_dy, self._least = (device.zeros(count) for _ in range(3))
        self._known = device.zeros(1, np.int32)
        finest = self._levels[min(FINEST, most)].size
        across, down = taps(finest.width, size.width), taps(finest.height, size.height)
        self._taps = [device.given(table) for table in (*across, *down)]
        self._knows = False

    def __call__(self, guide: tuple[Any, int, int, int]) -> DeviceMotion | None:
        """Look at the next picture, BGR uint8: where it lies, that memory's width, and where the picture begins in it.

        None where there is none before.
        """
        device, size = self._device, self.size
        count = size.width * size.height
        self._now, self._before = self._before, self._now
        for level in self._levels:
            level.now, level.before = level.before, level.now
        device.each(_calm_rows, count, *guide, *size, self._weights, self._levels[0].now, self._rows)
        device.each(_calm_columns, 3 * count, self._rows, *size, self._weights, self._now)
        self._halve_now()
        known, self._knows = self._knows, True
        if not known:
            return None
        self._find()
        finest = self._levels[min(FINEST, len(self._levels) - 1)]
        # Levels beyond the first are there only where motion is looked for.
        times = np.float32(1 << FINEST if len(self._levels) > 1 else 0)
        likeness(
            device, self._now, self._before, size, (finest.u, finest.v, *finest.size), self._taps, times,
            self._raw_dx, self._raw_dy, self._raw,
        )  # fmt: skip
        device.alone(_judge, self._raw, count, self._known)
        medians(device, size, self._raw_dx, self._raw_dy, self._dx, self._dy)
        parting(device, size, self._dx, self._dy, self._raw, self._least, self._same)
        return DeviceMotion(self._dx, self._dy, self._same, self._known)

    def go_on_from(self, earlier: MotionField) -> bool:
        """Let the last picture of `earlier`, of any size, be the one before; False where it has seen none."""
        if not earlier._knows:
            return False
        fit(self._device, earlier._now, earlier.size, self._now, self.size, mode="stretch")
        if self.size == earlier.size:
            self._device.copy(earlier._levels[0].now, self._levels[0].now)
        else:
            count = self.size.width * self.size.height
            guide = (self._now, self.size.width, 0, 0)
            self._device.each(_calm_rows, count, *guide, *self.size, self._weights, self._levels[0].now, self._rows)
        self._halve_now()
        self._knows = True
        return True

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._knows = False

    def _halve_now(self) -> None:
        for finer, level in zip(self._levels, self._levels[1:], strict=False):
            width, height = level.size
            self._device.each(_halve, width * height, finer.now, finer.size.width, width, height, level.now)

    def _find(self) -> None:
        device = self._device
        coarser: _Level | None = None
        for level in reversed(self._levels[FINEST:]):
            pictures = (level.now, level.before, *level.size)
            patches = (level.patch_u, level.patch_v)
            count = level.columns * level.rows
            # Without a coarser one any memory will do: it is not read.
            given = (level.u, level.v, 0, 0) if coarser is None else (coarser.u, coarser.v, *coarser.size)
            device.few(_search, count, *pictures, *given, level.columns, level.rows, *patches)
            pixels = level.size.width * level.size.height
            device.each(_spread, pixels, *pictures, *patches, level.columns, level.rows, level.u, level.v)
            coarser = level


def _half_kernel() -> Any:
    weights = np.exp(-0.5 * (np.arange(_REACH + 1) / DEVIATION) ** 2)
    return (weights / (2.0 * weights.sum() - weights[0])).astype(np.float32)
