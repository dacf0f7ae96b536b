"""Memory of mattes and alphas that moves with the picture, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import memory as cpu
from livecut.kernels.cpu.resample import Taps, taps
from livecut.kernels.cuda.background_blur import enlarged
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.motion_field import DeviceMotion
from livecut.types import Size

__all__ = ["AlphaMemory", "refit", "remember"]


@cuda.jit(device=True)
def _moved(plane: Any, width: Any, height: Any, x: Any, y: Any, move_x: Any, move_y: Any) -> Any:
    # What lies where a pixel was, between four of a plane.
    zero = np.float32(0.0)
    at_x = min(max(np.float32(x) + move_x, zero), np.float32(width - 1))
    at_y = min(max(np.float32(y) + move_y, zero), np.float32(height - 1))
    left, top = max(min(int(at_x), width - 2), 0), max(min(int(at_y), height - 2), 0)
    across, down = at_x - np.float32(left), at_y - np.float32(top)
    k, right, below = top * width + left, min(1, width - 1), width * min(1, height - 1)
    a, b = np.float32(plane[k]), np.float32(plane[k + right])
    c, d = np.float32(plane[k + below]), np.float32(plane[k + below + right])
    upper, lower = a + (b - a) * across, c + (d - c) * across
    return upper + (lower - upper) * down


@cuda.jit(cache=True)
def _remember(
    matte: Any, before: Any, dx: Any, dy: Any, same: Any, known: Any, keep: Any, width: Any, height: Any, out: Any
) -> None:
    zero, one = np.float32(0.0), np.float32(1.0)
    per_far, contradicted = np.float32(1.0 / cpu._FAR), np.float32(cpu._CONTRADICTED)
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        p = matte[at]
        change = _moved(before, width, height, at - y * width, y, dx[at], dy[at]) - p
        far = abs(change) * per_far
        # Written so that a memory that is no number is left behind.
        trust = one - contradicted * min(one, far) if far >= zero else zero
        kept = keep * same[at] * trust
        out[at] = p + kept * change if known[0] != 0 and kept > zero else p


def remember(device: Device, matte: Any, before: Any, motion: DeviceMotion, keep: float, size: Size, out: Any) -> None:
    """Fill `out` with `matte`, less its noise, as the CPU's function; all (pixels) float32.

    Where the motion says nothing, `out` is `matte`.
    """
    if not 0.0 <= keep <= 1.0:
        raise ValueError(f"keep must be 0 … 1, not {keep}")
    share = np.float32(min(keep, cpu._MOST))
    args = (matte, before, motion.dx, motion.dy, motion.same, motion.known, share, *size, out)
    device.each(_remember, size.width * size.height, *args)


@cuda.jit(cache=True)
def _mark_rest(fresh: Any, held: Any, width: Any, height: Any, runs: Any, rests: Any) -> None:
    # 1 where a run of pixels is 0, or 255, throughout in both.
    for at in range(cuda.grid(1), runs * height, cuda.gridsize(1)):
        y = at // runs
        first = (at - y * runs) * cpu._RUN
        value = fresh[y * width + first]
        rest = value == 0 or value == 255
        for k in range(y * width + first, y * width + min(first + cpu._RUN, width)):
            rest = rest and fresh[k] == value and held[k] == value
        rests[at] = 1 if rest else 0


@cuda.jit(cache=True)
def _hold(
    fresh: Any, held: Any, width: Any, height: Any, dx: Any, dy: Any, same: Any, known: Any, w: Any, h: Any,
    per_x: Any, per_y: Any, keep: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any, runs: Any, rests: Any,
    out: Any,
) -> None:  # fmt: skip
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    zero, nearly = np.float32(0.0), np.float32(0.999)
    for y in range(start_y, height, step_y):
        upper, down = low_y[y], part_y[y]
        lower = min(upper + 1, h - 1)
        for x in range(start_x, width, step_x):
            at = y * width + x
            own = fresh[at]
            out[at] = own
            if known[0] != 0 and rests[y * runs + x // cpu._RUN] == 0:
                left, across = low_x[x], part_x[x]
                right = min(left + 1, w - 1)
                move_x = enlarged(dx, 0, w, upper, lower, left, right, across, down) * per_x
                move_y = enlarged(dy, 0, w, upper, lower, left, right, across, down) * per_y
                share = enlarged(same, 0, w, upper, lower, left, right, across, down) * keep
                value = np.float32(own)
                change = _moved(held, width, height, x, y, move_x, move_y) - value
                if share > zero:
                    # Rounded towards the new value, or the last level would never be reached.
                    out[at] = np.uint8(value + share * change + (nearly if change < zero else zero))


class AlphaMemory:
    """Keeps what is left of the flicker out of alphas of frames of one size, as the CPU's class of this name."""

    def __init__(self, device: Device, size: Size, plane_size: Size, keep: float) -> None:
        """Take the memory; parameters as of the CPU's."""
        if not 0.0 <= keep <= 1.0:
            raise ValueError(f"keep must be 0 … 1, not {keep}")
        self._device, self._size, self._plane_size = device, size, plane_size
        self._keep = np.float32(min(keep, cpu._MOST))
        self._per = np.float32(size.width / plane_size.width), np.float32(size.height / plane_size.height)
        across, down = taps(plane_size.width, size.width), taps(plane_size.height, size.height)
        self._taps = [device.given(table) for table in (*across, *down)]
        self._runs = -(-size.width // cpu._RUN)
        self._rests = device.empty(self._runs * size.height, np.uint8)

    def __call__(self, fresh: Any, held: Any, motion: DeviceMotion, out: Any) -> None:
        """Fill `out` with `fresh` and what stays of `held`, moved along; all (pixels) uint8.

        Where the motion says nothing, `out` is `fresh`.
        """
        device, size, runs = self._device, self._size, self._runs
        device.each(_mark_rest, runs * size.height, fresh, held, *size, runs, self._rests)
        moved = (motion.dx, motion.dy, motion.same, motion.known, *self._plane_size, *self._per, self._keep)
        device.over(_hold, *size, fresh, held, *size, *moved, *self._taps, runs, self._rests, out)


@cuda.jit(cache=True)
def _refit(
    plane: Any, w: Any, h: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any, width: Any, height: Any, out: Any
) -> None:
    for at in range(cuda.grid(1), width * height, cuda.gridsize(1)):
        y = at // width
        x = at - y * width
        upper, left = low_y[y], low_x[x]
        lower, right = min(upper + 1, h - 1), min(left + 1, w - 1)
        out[at] = enlarged(plane, 0, w, upper, lower, left, right, part_x[x], part_y[y])


class Refit:
    """Brings planes of one grid to another, by where its columns and rows lie between those of the first."""

    def __init__(self, device: Device, source: Size, size: Size, across: Taps, down: Taps) -> None:
        """Take the memory for planes of `source` and `size`."""
        self._device, self._source, self._size = device, source, size
        self._taps = [device.given(table) for table in (*across, *down)]

    def __call__(self, plane: Any, out: Any) -> None:
        """Fill `out` from `plane`, both (pixels) float32."""
        count = self._size.width * self._size.height
        self._device.each(_refit, count, plane, *self._source, *self._taps, *self._size, out)


def refit(device: Device, plane: Any, source: Size, out: Any, size: Size) -> None:
    """Fill `out` (pixels) float32 with `plane` of `source`, as if both were stretched over one frame; takes memory."""
    Refit(device, source, size, taps(source.width, size.width), taps(source.height, size.height))(plane, out)
    device.finish()
