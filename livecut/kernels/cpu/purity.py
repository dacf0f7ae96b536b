"""Strips of a picture that are wholly person or wholly room, where a kernel has nothing to weigh or to mix."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

__all__ = ["MIXED", "PERSON", "ROOM", "STRIP", "begin", "conclude", "judge", "run_end", "take"]

ROOM: Final = 0
PERSON: Final = 255
MIXED: Final = -1
STRIP: Final = 64
"""Columns of a frame that are judged together, unless a kernel has a measure of its own: a cache line of alpha."""


@njit(cache=True, nogil=True)
def begin(marks: Any) -> None:
    """Forget other rows in `marks` (2, w) uint8: the bits that some pixel of a column has, and those that all have."""
    some, every = marks[0], marks[1]
    for x in range(np.uint64(some.size)):
        some[x] = np.uint8(0)
        every[x] = np.uint8(255)


@njit(cache=True, nogil=True)
def take(row: Any, marks: Any) -> None:
    """Take another row into `marks`: whole registers, where a look at strip by strip takes twice as long."""
    some, every = marks[0], marks[1]
    for x in range(np.uint64(row.size)):
        some[x] |= row[x]
        every[x] &= row[x]


@njit(cache=True, nogil=True)
def conclude(marks: Any, strip: int, kinds: Any) -> None:
    """What the rows in `marks` are throughout in each `strip` columns, into `kinds`."""
    some, every = marks[0], marks[1]
    for at in range(kinds.size):
        any_bit, all_bits = np.uint8(0), np.uint8(255)
        for x in range(np.uint64(at * strip), np.uint64(min((at + 1) * strip, some.size))):
            any_bit |= some[x]
            all_bits &= every[x]
        kinds[at] = ROOM if any_bit == 0 else (PERSON if all_bits == 255 else MIXED)


@njit(cache=True, nogil=True)
def judge(alpha: Any, top: int, bottom: int, strip: int, marks: Any, kinds: Any) -> None:
    """What each `strip` columns of rows `top` to `bottom` of `alpha` are, into `kinds`: as many as reach the width."""
    begin(marks)
    for y in range(top, bottom):
        take(alpha[y], marks)
    conclude(marks, strip, kinds)


@njit(cache=True, nogil=True)
def run_end(kinds: Any, first: int) -> int:
    """The end of the run of strips of one kind that begins at `first`."""
    end = first + 1
    while end < kinds.size and kinds[end] == kinds[first]:
        end += 1
    return end
