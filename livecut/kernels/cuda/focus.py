"""What a lens is focused on, and how it gets there, on the device: nothing comes back to be decided."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import cuda, float64

from livecut import easing
from livecut.kernels.cpu import focus as cpu
from livecut.kernels.cpu.focus import Focus
from livecut.kernels.cuda.depth_layers import PERSON, PERSON_WEIGHT, DepthLayers
from livecut.kernels.cuda.device import WIDEST, Device
from livecut.kernels.cuda.reduce import block_max, block_min, block_sum

__all__ = ["FocusPull"]

_ON: Final = {"distance": 0, "person": 1, "point": 2, "follow": 3}
_VALUE, _RATE, _MEAN, _HELD, _FOLLOWS, _KNOWN, _LAST, _DOUBTED, _SURE = range(9)
_TAKEN_OVER: Final = 2.0
"""At `_KNOWN`: value and rate are another's, its goal is not."""


@cuda.jit(device=True)
def _head_rows(tall: Any) -> Any:
    # Python's round: halves to even.
    share = float64(tall) * cpu._HEAD_SHARE
    rows = math.floor(share + 0.5)
    if float64(rows) == share + 0.5 and rows % 2 == 1:
        rows -= 1
    return max(rows, 1)


@cuda.jit(device=True)
def _measure(memory: Any, seen: Any, seconds: Any) -> None:
    # `easing.Goal.measure` for one value.
    memory[_MEAN] = seen + (memory[_MEAN] - seen) * math.exp(-seconds / cpu._CALM_S)
    if abs(memory[_MEAN] - memory[_HELD]) > cpu._SLACK:
        memory[_FOLLOWS] = 1.0
    if memory[_FOLLOWS] != 0.0:
        memory[_HELD] = memory[_MEAN]
        memory[_FOLLOWS] = 1.0 if abs(memory[_MEAN] - seen) > 0.25 * cpu._SLACK else 0.0


@cuda.jit(device=True)
def _pull(memory: Any, pull: Any, seconds: Any) -> None:
    # `easing.Eased.step` for one value.
    aim = memory[_HELD]
    away = memory[_VALUE] - aim
    fade = math.exp(-pull * seconds)
    drift = memory[_RATE] + pull * away
    left = (away + drift * seconds) * fade
    rate = (drift - pull * (away + drift * seconds)) * fade
    if left * away <= 0.0:
        left = rate = 0.0
    most = cpu._FASTEST * seconds
    if abs(left - away) > most:
        left = away + (most if left > away else -most)
        rate = cpu._FASTEST if left > away else -cpu._FASTEST
    if abs(left) < easing._ARRIVED:
        left = rate = 0.0
    memory[_VALUE], memory[_RATE] = aim + left, rate


@cuda.jit(device=True)
def _at_point(memory: Any, seen: Any, pull: Any, seconds: Any) -> None:
    # The CPU's `_believed`; what is none is NaN, which compares as false.
    last, doubted = memory[_LAST], memory[_DOUBTED]
    memory[_DOUBTED] = math.nan
    is_first = math.isnan(last)
    if not is_first:
        if abs(seen - last) <= cpu._ANOTHER:
            memory[_SURE] = 1.0
        elif abs(seen - doubted) <= cpu._ANOTHER:
            is_first = memory[_SURE] == 0.0
            memory[_SURE] = 1.0
        else:
            memory[_DOUBTED] = seen
            seen = last
    memory[_LAST] = seen
    if is_first:
        memory[_MEAN], memory[_HELD], memory[_FOLLOWS] = seen, seen, 0.0
        if memory[_KNOWN] != _TAKEN_OVER:
            memory[_VALUE], memory[_RATE], memory[_KNOWN] = seen, 0.0, 1.0
    else:
        _measure(memory, seen, seconds)
    if memory[_SURE] != 0.0:
        _pull(memory, pull, seconds)


@cuda.jit(cache=True)
def _focus(
    on: Any, distance: Any, cover: Any, w: Any, h: Any, person: Any, room: Any, point: Any, totals: Any, seconds: Any,
    pull: Any, memory: Any,
) -> None:  # fmt: skip
    # One block.
    scratch = cuda.shared.array(WIDEST, float64)
    own, width = cuda.threadIdx.x, cuda.blockDim.x
    seen, known = distance, True
    if on == 2:
        seen = float64(person[point]) if cover[point] > np.float32(0.5) else float64(room[point])
    elif on != 0:
        seen, known = totals[PERSON], totals[PERSON_WEIGHT] >= cpu._LEAST_BLOCKS
    if on == 3 and known:
        top, bottom = float64(h), -1.0
        for y in range(own, h, width):
            total = np.float32(0.0)
            for x in range(w):
                total += cover[y * w + x]
            if total >= np.float32(cpu._LEAST_ROW):
                top, bottom = min(top, float64(y)), max(bottom, float64(y))
        first, last = int(block_min(top, scratch)), int(block_max(bottom, scratch))
        if last >= 0:
            end = min(first + _head_rows(last + 1 - first), h)
            weight = value = 0.0
            for at in range(first * w + own, end * w, width):
                share = float64(cover[at]) * float64(cover[at])
                weight += share
                value += share * float64(person[at])
            weight = block_sum(weight, scratch)
            seen = block_sum(value, scratch) / weight
    if own == 0 and on == 2:
        _at_point(memory, seen, pull, seconds)
    elif own == 0 and known:
        is_other = (on == 1 or on == 3) and abs(seen - memory[_LAST]) > cpu._ANOTHER
        memory[_LAST] = seen
        if memory[_KNOWN] == _TAKEN_OVER:
            # Where it is, it goes on from there; what it saw was seen with another aim.
            memory[_MEAN], memory[_HELD], memory[_FOLLOWS] = seen, seen, 0.0
            _pull(memory, pull, seconds)
            memory[_KNOWN] = 1.0
        elif memory[_KNOWN] == 0.0 or is_other:
            memory[_VALUE], memory[_RATE], memory[_KNOWN] = seen, 0.0, 1.0
            memory[_MEAN], memory[_HELD], memory[_FOLLOWS] = seen, seen, 0.0
        else:
            _measure(memory, seen, seconds)
            _pull(memory, pull, seconds)


@cuda.jit(cache=True)
def _forget(memory: Any) -> None:
    if cuda.grid(1) == 0:
        memory[_VALUE], memory[_KNOWN], memory[_SURE] = cpu._UNSEEN, 0.0, 0.0
        memory[_LAST] = memory[_DOUBTED] = math.nan


@cuda.jit(cache=True)
def _take_over(earlier: Any, memory: Any) -> None:
    if cuda.grid(1) == 0 and earlier[_KNOWN] != 0.0:
        memory[_VALUE], memory[_RATE], memory[_KNOWN] = earlier[_VALUE], earlier[_RATE], _TAKEN_OVER


class FocusPull:
    """Nearness in focus, frame by frame, as the CPU's class of this name."""

    def __init__(
        self, device: Device, on: Focus, layers: DepthLayers, point: tuple[float, float], distance: float, pull_s: float
    ) -> None:
        """Take the memory; `layers` are those that will have been split. Other parameters as of the CPU's."""
        self._device, self._on, self._layers = device, _ON[on], layers
        self._distance, self._pull = float(distance), easing._TIMES / pull_s
        size, block = layers.size, layers.block
        y = min(int(point[1] * size.height) // block, layers.height - 1)
        x = min(int(point[0] * size.width) // block, layers.width - 1)
        self._point = y * layers.width + x
        self.value = device.zeros(9, np.float64)
        """Its first element is the nearness in focus."""
        self.go_on_from(self)  # compiled now, not when another one is taken over from
        self.reset()

    def __call__(self, cover: Any, seconds: float) -> None:
        """Move `value` on to a frame `seconds` after the one before; `cover` (h · w) is the person, 0 … 1."""
        layers = self._layers
        args = (cover, layers.width, layers.height, layers.person, layers.room, self._point, layers.totals)
        self._device.alone(_focus, self._on, self._distance, *args, float(seconds), self._pull, self.value)

    def go_on_from(self, earlier: FocusPull) -> None:
        """Start where the other is."""
        self._device.each(_take_over, 1, earlier.value, self.value)

    def reset(self) -> None:
        """Be at once where the next frame wants it."""
        self._device.each(_forget, 1, self.value)
