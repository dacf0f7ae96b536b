"""The person's colour and exposure, moved gently towards a backdrop's."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.easing import Goal
from livecut.kernels.cpu.bands import ROWS, in_bands
from livecut.kernels.cpu.checks import check_pixels, check_plane8
from livecut.types import Pixels, Plane8, Size

__all__ = ["BOUND", "EASE_S", "LEAST", "LIFT", "LUMA", "STEP", "SURE", "TINT", "Matching", "mean_colour"]

STEP: Final = 8
"""Of so many pixels, both ways, one is looked at: a mean needs no more."""
_PART: Final = slice(None, None, STEP)
SURE: Final = 250
"""Alpha from which on a pixel's colours are all the person's."""
LEAST: Final = 24
"""So many pixels of a person tell her colour; with fewer the gains stay as they are."""
LIFT: Final = 20.0
"""Levels added to both means, so that a black backdrop or a black suit asks for no end."""
BOUND: Final = 3.0
"""A backdrop counts for no more than so many times as bright as the person, or as dark: a share goes a part of that."""
LUMA: Final = (0.114, 0.587, 0.299)
"""Of blue, green and red, as BT.601 weighs them."""
TINT: Final = 0.4
"""How much of the way the colour goes beside the exposure: faces bear another brightness, but no green."""
EASE_S: Final = 1.0
"""Time constant in which gains follow: a backdrop that moves must not make the person flicker."""

_UNIT: Final = 16384.0
"""A gain of 1 in sixteen bits, which hold `BOUND`."""
_HALF: Final = 32
"""Half a level where a level is 64: what is left of 256 times a level times a gain when sixteen bits are cut off."""


@njit(cache=True, nogil=True)
def _times_row(row: Any, gains: Any, out: Any) -> None:
    # The upper sixteen bits of a product of two numbers of sixteen: whole registers multiply so, with no table to look
    # up. A gain of 1 keeps every level.
    half, top = np.uint16(_HALF), np.uint16(255)
    for k in range(np.uint64(row.size)):
        level = np.uint16(np.uint16(row[k]) << np.uint16(8))
        product = np.uint16((np.uint32(level) * np.uint32(gains[k])) >> np.uint32(16))
        out[k] = np.uint8(min(np.uint16(np.uint16(product + half) >> np.uint16(6)), top))


@njit(cache=True, nogil=True, parallel=True)
def _times(threads: int, rows: Any, gains: Any, out: Any) -> None:
    for who in prange(threads):
        for first in range(who * ROWS, rows.shape[0], threads * ROWS):
            for y in range(first, min(first + ROWS, rows.shape[0])):
                _times_row(rows[y], gains, out[y])


@njit(cache=True, nogil=True)
def _sum_sure(rows: Any, alpha: Any, sums: Any) -> Any:
    # Of one pixel in `STEP` both ways, in one pass: with NumPy it is a mask, a copy and a mean of that.
    count, blue, green, red = 0, np.int64(0), np.int64(0), np.int64(0)
    for y in range(0, alpha.shape[0], STEP):
        for x in range(0, alpha.shape[1], STEP):
            if alpha[y, x] >= SURE:
                count += 1
                blue += np.int64(rows[y, 3 * x])
                green += np.int64(rows[y, 3 * x + 1])
                red += np.int64(rows[y, 3 * x + 2])
    sums[0], sums[1], sums[2] = blue, green, red
    return count


def mean_colour(bgr: Pixels) -> NDArray[np.float64]:
    """The mean (3,) of a picture's levels (H, W, 3)."""
    mean: NDArray[np.float64] = bgr[_PART, _PART].reshape(-1, 3).mean(axis=0)
    return mean


class Matching:
    """Gains a channel that bring a person's mean colour nearer to a backdrop's, eased over time.

    Reinhard et al., "Color Transfer between Images" (2001), the means only: contrast stays her own.
    """

    def __init__(self, size: Size, share: float) -> None:
        """Take the memory for pictures of `size`; `share` 0 … 1 of the way is gone, within bounds."""
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share must be 0 … 1, not {share}")
        self.size = size
        self._share = share
        self._out: Pixels = np.empty((size.height, size.width, 3), np.uint8)
        self._sums: NDArray[np.float64] = np.zeros(3)
        self._light: NDArray[np.float64] = np.zeros(3)
        # No slack: a mean that runs along.
        self._gains = Goal((0.0, 0.0, 0.0), EASE_S)
        self._at_ns = 0

    def light(self, backdrop: Pixels) -> None:
        """Take the colour of another `backdrop` (H, W, 3)."""
        check_pixels("backdrop", backdrop, self.size)
        self._light = mean_colour(backdrop) + LIFT

    def __call__(self, bgr: Pixels, alpha: Plane8, captured_ns: int) -> Pixels:
        """`bgr` (H, W, 3) in the backdrop's light, by the person of `alpha` (H, W); own memory.

        Valid until the next call. All of the picture is changed alike: what is not the person's is not shown.
        """
        check_pixels("bgr", bgr, self.size)
        check_plane8("alpha", alpha, self.size)
        self._follow(bgr, alpha, captured_ns)
        if self._gains.held is None:
            return bgr
        gains = np.rint(np.array(self._gains.held) * _UNIT).astype(np.uint16)
        height, width = alpha.shape
        in_bands(_times, bgr.reshape(height, -1), np.tile(gains, width), self._out.reshape(height, -1))
        return self._out

    def go_on_from(self, earlier: Matching) -> None:
        """Ease on from the other's gains."""
        self._gains.go_on_from(earlier._gains)
        self._at_ns = earlier._at_ns

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._gains.forget()

    def _follow(self, bgr: Pixels, alpha: Plane8, captured_ns: int) -> None:
        count = _sum_sure(bgr.reshape(self.size.height, -1), alpha, self._sums)
        if count < LEAST:
            return
        own = self._sums / count + LIFT
        brighter = np.dot(LUMA, self._light) / np.dot(LUMA, own)
        toward = brighter ** (1.0 - TINT) * (self._light / own) ** TINT
        wanted = np.clip(toward, 1.0 / BOUND, BOUND) ** self._share
        self._gains.measure(wanted.tolist(), max(0, captured_ns - self._at_ns) * 1e-9)
        self._at_ns = captured_ns
