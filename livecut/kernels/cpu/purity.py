"""Strips of a picture that are wholly person or wholly room, where a kernel has nothing to weigh or to mix."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

__all__ = ["MIXED", "PERSON", "ROOM", "STRIP", "judge", "purity", "run_end"]

ROOM: Final = 0
PERSON: Final = 255
MIXED: Final = -1
STRIP: Final = 64
"""Columns that `judge` looks at together: a cache line of alpha, one comparison."""


@njit(cache=True, nogil=True)
def purity(alpha: Any, top: int, bottom: int, x0: int, x1: int) -> int:
    """`PERSON` or `ROOM` where the rectangle of `alpha` is 255 or 0 throughout, else `MIXED`."""
    value = alpha[top, x0]
    if value != np.uint8(0) and value != np.uint8(255):
        return MIXED
    for y in range(np.uint64(top), np.uint64(bottom)):
        differs = np.uint8(0)
        for x in range(np.uint64(x0), np.uint64(x1)):
            differs |= alpha[y, x] ^ value
        if differs != np.uint8(0):
            return MIXED
    return int(value)


@njit(cache=True, nogil=True)
def judge(alpha: Any, top: int, bottom: int, kinds: Any) -> None:
    """The purity of each strip of rows `top` to `bottom` of `alpha` into `kinds`, as many as strips reach the width."""
    width = alpha.shape[1]
    for strip in range(kinds.size):
        kinds[strip] = purity(alpha, top, bottom, strip * STRIP, min((strip + 1) * STRIP, width))


@njit(cache=True, nogil=True)
def run_end(kinds: Any, first: int) -> int:
    """The end of the run of strips of one kind that begins at `first`."""
    end = first + 1
    while end < kinds.size and kinds[end] == kinds[first]:
        end += 1
    return end
