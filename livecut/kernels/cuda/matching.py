"""The person's colour and exposure, moved gently towards a backdrop's, on the device."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import matching as cpu
from livecut.kernels.cuda.device import WIDEST, Device
from livecut.kernels.cuda.reduce import block_sum
from livecut.types import Pixels, Size

__all__ = ["Matching"]

_GAINS, _AGE, _KNOWN, _STATE = 0, 3, 4, 5
"""What is kept: a gain a channel, the seconds since they were measured, 1 once they were."""
_STEP, _SURE, _LEAST = cpu.STEP, cpu.SURE, cpu.LEAST
_LIFT, _BOUND, _EASE_S = np.float32(cpu.LIFT), np.float32(cpu.BOUND), np.float32(cpu.EASE_S)
_BLUE, _GREEN, _RED = (np.float32(share) for share in cpu.LUMA)
_TINT, _BRIGHT = np.float32(cpu.TINT), np.float32(1.0 - cpu.TINT)


@cuda.jit(cache=True)
def _follow(
    bgr: Any, alpha: Any, width: Any, height: Any, blue: Any, green: Any, red: Any, share: Any, seconds: Any, state: Any
) -> None:
    # One block: the person's mean, and from it the gains.
    scratch = cuda.shared.array(WIDEST, np.float32)
    i, threads = cuda.threadIdx.x, cuda.blockDim.x
    across, down = (width + _STEP - 1) // _STEP, (height + _STEP - 1) // _STEP
    zero, one = np.float32(0.0), np.float32(1.0)
    count, b, g, r = zero, zero, zero, zero
    for k in range(i, across * down, threads):
        row = k // across
        at = row * _STEP * width + (k - row * across) * _STEP
        if alpha[at] >= _SURE:
            count += one
            b += np.float32(bgr[3 * at])
            g += np.float32(bgr[3 * at + 1])
            r += np.float32(bgr[3 * at + 2])
    count, b = block_sum(count, scratch), block_sum(b, scratch)
    g, r = block_sum(g, scratch), block_sum(r, scratch)
    if count >= _LEAST:
        luma = _BLUE * b + _GREEN * g + _RED * r
        brighter = (_BLUE * blue + _GREEN * green + _RED * red + _LIFT) / (luma / count + _LIFT)
        for channel in range(i, 3, threads):
            own = b if channel == 0 else (g if channel == 1 else r)
            light = blue if channel == 0 else (green if channel == 1 else red)
            toward = brighter**_BRIGHT * ((light + _LIFT) / (own / count + _LIFT)) ** _TINT
            wanted = min(max(toward, one / _BOUND), _BOUND) ** share
            keep = math.exp(-(state[_AGE] + seconds) / _EASE_S) if state[_KNOWN] > zero else zero
            state[_GAINS + channel] = wanted + (state[_GAINS + channel] - wanted) * keep
    cuda.syncthreads()
    if i == 0:
        state[_AGE] = zero if count >= _LEAST else state[_AGE] + seconds
        if count >= _LEAST:
            state[_KNOWN] = one


@cuda.jit(cache=True)
def _light(bgr: Any, pixels: Any, state: Any, out: Any) -> None:
    top, half = np.float32(255.0), np.float32(0.5)
    for at in range(cuda.grid(1), pixels, cuda.gridsize(1)):
        for k in range(3):
            level = bgr[3 * at + k]
            if state[_KNOWN] > np.float32(0.0):
                level = np.uint8(min(np.float32(level) * state[_GAINS + k] + half, top))
            out[3 * at + k] = level


@cuda.jit(cache=True)
def _forget(state: Any) -> None:
    if cuda.grid(1) == 0:
        state[_AGE] = state[_KNOWN] = np.float32(0.0)


class Matching:
    """Gains that bring a person's mean colour nearer to a backdrop's, as the CPU's class of this name does."""

    def __init__(self, device: Device, size: Size, share: float) -> None:
        """Take the memory; parameters as of the CPU's."""
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share must be 0 … 1, not {share}")
        self._device, self._size, self._share = device, size, np.float32(share)
        self._state = device.zeros(_STATE)
        self._out = device.zeros_bytes(3 * size.width * size.height)
        self._colour = [np.float32(0.0)] * 3
        self._last_ns: int | None = None

    def light(self, backdrop: Pixels) -> None:
        """Take the colour of another `backdrop` (H, W, 3), which is the host's: a few pixels tell it."""
        self._colour = [np.float32(level) for level in cpu.mean_colour(backdrop)]

    def __call__(self, bgr: Any, alpha: Any, captured_ns: int) -> Any:
        """`bgr` (3 · pixels) in the backdrop's light, by the person of `alpha` (pixels); own memory."""
        before_ns = captured_ns if self._last_ns is None else self._last_ns
        seconds = np.float32(max(0, captured_ns - before_ns) * 1e-9)
        self._last_ns = captured_ns
        self._device.alone(_follow, bgr, alpha, *self._size, *self._colour, self._share, seconds, self._state)
        pixels = self._size.width * self._size.height
        self._device.each(_light, pixels, bgr, pixels, self._state, self._out)
        return self._out

    def go_on_from(self, earlier: Matching) -> None:
        """Ease on from the other's gains."""
        self._device.copy(earlier._state, self._state)
        self._last_ns = earlier._last_ns

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._device.each(_forget, 1, self._state)
        self._last_ns = None
