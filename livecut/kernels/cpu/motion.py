"""Whether anything moved in the picture: brightness of its cells against a picture that was kept."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_pixels
from livecut.kernels.cpu.resample import FAST
from livecut.types import Pixels, Size

__all__ = ["MotionGauge"]

_CELLS_HIGH: Final = 45
"""Cells of 16 pixels in a 720-line frame: what moves less than their brightness shows moves by a pixel or two."""
_EVERY_ROW: Final = 4
"""One row in so many is read: the sensor's noise is averaged away all the same."""


@njit(cache=True, nogil=True, fastmath=FAST)
def _brightness(rows: Any, cell: int, out: Any) -> None:
    # Mean of all bytes of every `_EVERY_ROW`-th row in each cell; cells at the right and lower edges may be smaller.
    height, stride = rows.shape[0], 3 * cell
    for cy in range(out.shape[0]):
        sums = out[cy]
        sums[:] = np.float32(0.0)
        first, end = cy * cell, min((cy + 1) * cell, height)
        count = 0
        for y in range(first, end, _EVERY_ROW):
            count += 1
            row = rows[y]
            for cx in range(sums.size):
                total = np.uint32(0)
                for value in row[cx * stride : (cx + 1) * stride]:
                    total += np.uint32(value)
                sums[cx] += np.float32(total)
        for cx in range(sums.size):
            wide = min((cx + 1) * stride, rows.shape[1]) - cx * stride
            sums[cx] /= np.float32(wide * count)


@njit(cache=True, nogil=True, fastmath=FAST)
def _largest_change(one: Any, other: Any) -> Any:
    most = np.float32(0.0)
    for y in range(one.shape[0]):
        for x in range(one.shape[1]):
            most = max(most, abs(one[y, x] - other[y, x]))
    return most


class MotionGauge:
    """Measures pictures of one size against one that was kept, so that slow motion adds up until it is seen."""

    def __init__(self, size: Size) -> None:
        """Take the memory."""
        self.size = size
        self._cell = max(1, size.height // _CELLS_HIGH)
        shape = (-(-size.height // self._cell), -(-size.width // self._cell))
        self._seen = np.zeros(shape, np.float32)
        self._kept = np.zeros(shape, np.float32)

    def __call__(self, bgr: Pixels) -> float:
        """Largest change of a cell's mean brightness, 0 … 255, between `bgr` (h, w, 3) uint8 and the kept picture.

        Sees what is as large as a finger before a webcam, and a lamp anywhere. Sensor noise is averaged over 64 pixels
        of three colours: with a standard deviation of 6 levels it stays below 3. Before the first `keep` that is black.
        """
        check_pixels("bgr", bgr, self.size)
        _brightness(bgr.reshape(self.size.height, -1), self._cell, self._seen)
        return float(_largest_change(self._seen, self._kept))

    def keep(self) -> None:
        """Measure against the picture that was measured last from now on."""
        self._seen, self._kept = self._kept, self._seen
