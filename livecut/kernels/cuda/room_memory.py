"""Rest for a blurred room, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import room_memory as cpu
from livecut.kernels.cuda.device import Device

__all__ = ["RoomMemory"]


@cuda.jit(cache=True)
def _settle(planes: Any, count: Any, before: Any) -> None:
    zero, keep, per_level = np.float32(0.0), np.float32(cpu._KEEP), np.float32(cpu._KEEP / cpu._CHANGED)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        most = zero
        for k in range(at, 3 * count, count):
            most = max(most, abs(before[k] - planes[k]))
        kept = max(zero, keep - most * per_level)
        for k in range(at, 3 * count, count):
            value = planes[k] + kept * (before[k] - planes[k])
            planes[k] = value
            before[k] = value


class RoomMemory:
    """Remembers the blurred room on its reduced grid, as the CPU's class of this name."""

    def __init__(self, device: Device, count: int) -> None:
        """Take the memory for planes of `count` places."""
        self._device, self._count = device, count
        self._before = device.zeros(3 * count)
        self._knows = False

    def __call__(self, planes: Any) -> None:
        """Settle `planes` (3 · places), levels 0 … 255, in place, and remember them."""
        if self._knows:
            self._device.each(_settle, self._count, planes, self._count, self._before)
        else:
            self._device.copy(planes, self._before)
            self._knows = True

    def go_on_from(self, earlier: RoomMemory) -> bool:
        """Take over what `earlier` remembers, of planes of the same size; False where that is nothing."""
        if not earlier._knows or earlier._count != self._count:
            return False
        self._device.copy(earlier._before, self._before)
        self._knows = True
        return True

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._knows = False
