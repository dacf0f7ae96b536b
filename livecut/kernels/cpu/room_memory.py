"""Rest for a blurred room: what changes by a few levels from frame to frame is the camera's noise, not the room."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels.cpu.resample import FAST

__all__ = ["RoomMemory"]

_CHANGED: Final = 6.0
"""Levels 0 … 255 from which on a change is one. Compression makes a blurred wall breathe by one or two."""
_KEEP: Final = 0.95
"""Share of the room before that stays where nothing changed at all; less the more changes."""


@njit(cache=True, nogil=True, fastmath=FAST)
def _settle(planes: Any, before: Any) -> None:
    # The colours of a place are kept together, or its hue would wander.
    zero, keep = np.float32(0.0), np.float32(_KEEP)
    per_level = np.float32(_KEEP / _CHANGED)
    b, g, r = planes[0], planes[1], planes[2]
    p, q, s = before[0], before[1], before[2]
    for k in range(b.size):
        blue, green, red = p[k] - b[k], q[k] - g[k], s[k] - r[k]
        most = max(abs(blue), abs(green), abs(red))
        kept = max(zero, keep - most * per_level)
        b[k] += kept * blue
        g[k] += kept * green
        r[k] += kept * red
        p[k], q[k], s[k] = b[k], g[k], r[k]


class RoomMemory:
    """Remembers the blurred room on its reduced grid: noise, compression and a trembling matte do not show in it.

    What changes by six levels or more follows at once, so nothing that can be seen lags behind.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        """Take the memory for planes of `shape` (h, w)."""
        self._before = np.zeros((3, shape[0] * shape[1]), np.float32)
        self._knows = False

    def __call__(self, planes: NDArray[np.float32]) -> None:
        """Settle the first three of `planes` (3 or more, h, w), levels 0 … 255, in place, and remember them."""
        flat = planes.reshape(planes.shape[0], -1)
        if flat.shape[1] != self._before.shape[1]:
            raise ValueError(f"planes {planes.shape} are not of {self._before.shape[1]} places")
        if self._knows:
            _settle(flat, self._before)
        else:
            self._before[...] = flat[:3]
            self._knows = True

    def go_on_from(self, earlier: RoomMemory) -> bool:
        """Take over what `earlier` remembers, of planes of the same size; False where that is nothing."""
        if not earlier._knows or earlier._before.shape != self._before.shape:
            return False
        self._before[...] = earlier._before
        self._knows = True
        return True

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._knows = False
