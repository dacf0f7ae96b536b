"""Rows of pixels, whose colours lie by turns, taken apart: whole registers are filled once, and all after is quick."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["split"]


@njit(cache=True, nogil=True)
def split(row: Any, colours: Any) -> None:
    """Fill `colours` (3, w) with the three colours of `row` (3 w,)."""
    blue, green, red = colours[0], colours[1], colours[2]
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for x in range(np.uint64(blue.size)):
        at = three * x
        blue[x] = row[at]
        green[x] = row[at + one]
        red[x] = row[at + two]
