"""Where head and shoulders are in a matte, measured on a coarse grid of its pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane8
from livecut.types import Plane8, Size

__all__ = ["Bust", "find_bust"]

_ROWS = 90
"""Rows of the grid: a hundredth of the picture is more than framing needs to know."""
_LEAST_SHARE = 0.004
_LEAST_ROW = 0.004
"""Shares of the grid that must be person at all, and above the top of the head: hair and specks do not count."""
_DEPTH = 2.0
"""How far down a body is looked at, in widths of what was seen so far: past the neck, not down to the feet."""


class Bust(NamedTuple):
    """Head and shoulders of whoever is in the picture, as shares of its width and height."""

    centre: float
    """Across, by the mean of what is covered."""
    top: float
    """Upper edge of the head; 0 where it is cut off."""
    width: float
    """Of the shoulders, or of several people side by side."""


@njit(cache=True, nogil=True)
def _grid(alpha: Any, step: Any, columns: Any, rows: Any) -> None:
    columns[:] = 0
    for j in range(rows.size):
        total = 0
        for i in range(columns.shape[1]):
            person = alpha[j * step, i * step] >= 128
            columns[j, i] = person
            total += person
        rows[j] = total


def find_bust(alpha: Plane8) -> Bust | None:
    """Head and shoulders in `alpha` (h, w), 0 … 255; None where hardly anybody is there.

    From the top of the head down to two of its owner's widths: that ends below the shoulders whether the person sits
    before the camera or stands at the other end of the room.
    """
    size = Size(alpha.shape[1], alpha.shape[0])
    check_plane8("alpha", alpha, size)
    step = max(1, min(size) // _ROWS)
    columns = np.empty((-(-size.height // step), -(-size.width // step)), np.uint8)
    rows = np.empty(columns.shape[0], np.int64)
    _grid(alpha, step, columns, rows)
    reached = np.flatnonzero(np.cumsum(rows) > _LEAST_ROW * rows.sum())
    if rows.sum() <= _LEAST_SHARE * columns.size or reached.size == 0:
        return None
    top = int(reached[0])
    width, end = 0, top
    while end < rows.size and end - top <= _DEPTH * width + 1:
        width = max(width, int(rows[end]))
        end += 1
    across = columns[top:end].sum(axis=0, dtype=np.int64)
    share = np.cumsum(across) / across.sum()
    # The outermost fiftieth on either side is a hand or a chair's back.
    extent = int(np.searchsorted(share, 0.98)) - int(np.searchsorted(share, 0.02)) + 1
    centre = float((across * (np.arange(across.size) + 0.5)).sum() / across.sum()) / columns.shape[1]
    return Bust(centre, top / rows.size, min(1.0, max(width, extent) / columns.shape[1]))
