"""The person's colour and exposure, moved gently towards a backdrop's."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from livecut.easing import Goal
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
        levels = np.arange(256)[:, np.newaxis] * np.array(self._gains.held)
        cv2.LUT(bgr, np.rint(np.minimum(levels, 255.0)).astype(np.uint8)[np.newaxis], dst=self._out)
        return self._out

    def go_on_from(self, earlier: Matching) -> None:
        """Ease on from the other's gains."""
        self._gains.go_on_from(earlier._gains)
        self._at_ns = earlier._at_ns

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._gains.forget()

    def _follow(self, bgr: Pixels, alpha: Plane8, captured_ns: int) -> None:
        sure = alpha[_PART, _PART] >= SURE
        if np.count_nonzero(sure) < LEAST:
            return
        own = bgr[_PART, _PART][sure].mean(axis=0) + LIFT
        brighter = np.dot(LUMA, self._light) / np.dot(LUMA, own)
        toward = brighter ** (1.0 - TINT) * (self._light / own) ** TINT
        wanted = np.clip(toward, 1.0 / BOUND, BOUND) ** self._share
        self._gains.measure(wanted.tolist(), max(0, captured_ns - self._at_ns) * 1e-9)
        self._at_ns = captured_ns
