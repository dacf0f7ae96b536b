"""Depth without flicker, on the device: the whole algorithm in one block of threads, its state never leaves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import cuda, float64, int32

from livecut.kernels.cpu import depth_stability as cpu
from livecut.kernels.cuda.device import WIDEST, Device
from livecut.kernels.cuda.reduce import block_max, block_min, block_sum
from livecut.types import Size

__all__ = ["DepthStabiliser"]

_BINS = cpu._BINS


@cuda.jit(device=True)
def _held_in(value: Any) -> Any:
    return min(max(value, np.float32(0.0)), np.float32(1.0))


@cuda.jit(device=True)
def _percentiles(counts: Any, total: Any, low: Any, high: Any, ends: Any) -> None:
    # One thread walks the histogram, as the CPU's `_range` does.
    scale = np.float32(_BINS - 1) / (high - low)
    ends[0], ends[1] = low, high
    below = 0
    found = False
    for k in range(_BINS):
        below += counts[k]
        if not found and below >= cpu._FAR_SHARE * total:
            ends[0] = low + np.float32(float64(k) + 0.5) / scale
            found = True
        if below >= cpu._NEAR_SHARE * total:
            ends[1] = low + np.float32(float64(k) + 0.5) / scale
            break


@cuda.jit(cache=True)
def _stabilise(
    plane: Any, count: Any, keeps: Any, calm: Any, cut: Any, known: Any, held: Any, memory: Any
) -> None:  # fmt: skip
    # One block. `memory`: whether there is an earlier frame, its far and its near end. `known`: of a `DeviceMotion`.
    scratch = cuda.shared.array(WIDEST, float64)
    counts = cuda.shared.array(_BINS, int32)
    ends = cuda.shared.array(4, float64)
    own, width = cuda.threadIdx.x, cuda.blockDim.x

    low, high = plane[0], plane[0]
    for at in range(own, count, width):
        low, high = min(low, plane[at]), max(high, plane[at])
    low = np.float32(block_min(float64(low), scratch))
    high = np.float32(block_max(float64(high), scratch))
    for k in range(own, _BINS, width):
        counts[k] = 0
    cuda.syncthreads()
    if high > low:
        per_level = np.float32(_BINS - 1) / (high - low)
        for at in range(own, count, width):
            # Held inside: what is not a number was flagged before, and must not write elsewhere.
            cuda.atomic.add(counts, min(max(int((plane[at] - low) * per_level), 0), _BINS - 1), 1)
    cuda.syncthreads()
    if own == 0:
        if high > low:
            _percentiles(counts, count, low, high, ends)
        else:
            ends[0], ends[1] = low, high
        ends[0] = min(ends[0], ends[1] - max(cpu._LEAST_RANGE, 1e-6 * abs(ends[1])))
    cuda.syncthreads()
    far, near = ends[0], ends[1]
    scale, shift = np.float32(1.0 / (near - far)), np.float32(-far / (near - far))

    change = 0.0
    started = memory[0] > 0.0
    if started:
        for at in range(own, count, width):
            change += abs(_held_in(plane[at] * scale + shift) - held[at])
        change = block_sum(change, scratch) / count
    if known[0] == 0:
        cut *= cpu.UNLIKE
    if not started or change > cut:
        for at in range(own, count, width):
            held[at] = _held_in(plane[at] * scale + shift)
        cuda.syncthreads()
        if own == 0:
            memory[0], memory[1], memory[2] = 1.0, far, near
        return

    n = sx = sy = sxx = syy = 0.0
    for at in range(own, count, width):
        before = held[at]
        still = abs(plane[at] * scale + shift - before) < np.float32(cpu._STATIC)
        if still and before > np.float32(0.0) and before < np.float32(1.0):
            p, q = float64(plane[at]), float64(before)
            n += 1.0
            sx += p
            sy += q
            sxx += p * p
            syy += q * q
    n, sx, sy = block_sum(n, scratch), block_sum(sx, scratch), block_sum(sy, scratch)
    sxx, syy = block_sum(sxx, scratch), block_sum(syy, scratch)
    mean_far = keeps * memory[1] + (1.0 - keeps) * far
    mean_near = keeps * memory[2] + (1.0 - keeps) * near
    to, by = 1.0 / (mean_near - mean_far), -mean_far / (mean_near - mean_far)
    if n > 0.0 and n >= cpu._ENOUGH_STATIC * count:
        mean_x, mean_y = sx / n, sy / n
        spread_x, spread_y = max(sxx / n - mean_x * mean_x, 0.0), max(syy / n - mean_y * mean_y, 0.0)
        if spread_x >= 1e-6 and spread_y >= 1e-6:
            onto = math.sqrt(spread_y / spread_x)
            if 0.5 < onto / to < 2.0:
                by += keeps * (mean_y - onto * mean_x - by)
                to += keeps * (onto - to)
    scale, shift, one = np.float32(to), np.float32(by), np.float32(1.0)
    for at in range(own, count, width):
        moved = _held_in(plane[at] * scale + shift) - held[at]
        hold = calm * max(one - abs(moved) / np.float32(cpu._MOVED), np.float32(0.0))
        held[at] += moved * (one - hold)
    cuda.syncthreads()
    if own == 0:
        memory[1], memory[2] = mean_far, mean_near


class DepthStabiliser:
    """Keeps the scale of depth from frame to frame, as the CPU's class of this name; planes are finite."""

    def __init__(self, device: Device, size: Size, stabilise: float, cut_threshold: float) -> None:
        """Take the memory; parameters as of the CPU's."""
        if not 0.0 <= stabilise <= 1.0 or not cut_threshold > 0.0:
            raise ValueError(f"stabilise {stabilise} or cut_threshold {cut_threshold} out of range")
        self._device, self._count = device, size.width * size.height
        self._keeps = min(stabilise, 0.995)
        self._calm = np.float32(cpu._CALM * stabilise)
        self._cut = cut_threshold
        self._memory = device.zeros(3, np.float64)
        self._known = device.given(np.ones(1, np.int32))
        self.held = device.zeros(self._count)
        """Stable nearness (h · w) float32 0 … 1."""

    def __call__(self, nearness: Any, known: Any = None) -> None:
        """Bring `held` on to `nearness` (h · w) float32; `known` is its picture's `DeviceMotion`'s, if there is one."""
        known = self._known if known is None else known
        args = (nearness, self._count, self._keeps, self._calm, self._cut, known, self.held, self._memory)
        self._device.alone(_stabilise, *args)

    def go_on_from(self, earlier: DepthStabiliser) -> None:
        """Take over scale and plane of another one for planes of the same size."""
        if self._count == earlier._count:
            self._device.copy(earlier.held, self.held)
            self._device.copy(earlier._memory, self._memory)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._device.each(_forget, 1, self._memory)


@cuda.jit(cache=True)
def _forget(memory: Any) -> None:
    if cuda.grid(1) == 0:
        memory[0] = 0.0
