"""What kernels do with a stretch of a row: copy it, fill it, write every value three times.

A stretch is the places from `first`, 0 or more, up to `end`, which it has no longer; nothing is checked. It is walked
with unsigned indices: slices cost more than their short loops, and a signed start that may be negative makes numba wrap
every index round, which keeps the loop from being vectorised.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["copy", "fill", "triple"]


@njit(cache=True, nogil=True)
def copy(row: Any, first: int, end: int, out: Any) -> None:
    """Values of `row` (n,) into the same places of `out` (n,), in whose type they fit."""
    for k in range(np.uint64(first), np.uint64(end)):
        out[k] = row[k]


@njit(cache=True, nogil=True)
def fill(value: Any, first: int, end: int, out: Any) -> None:
    """One value into the places of `out` (n,)."""
    for k in range(np.uint64(first), np.uint64(end)):
        out[k] = value


@njit(cache=True, nogil=True)
def triple(row: Any, first: int, end: int, out: Any) -> None:
    """Values of `row` (w,) three times each into `out` (3 w,): they run beside interleaved pixels without a shuffle."""
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for x in range(np.uint64(first), np.uint64(end)):
        value = row[x]
        out[three * x] = value
        out[three * x + one] = value
        out[three * x + two] = value
