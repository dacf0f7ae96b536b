"""The person's colour and exposure, moved gently towards a backdrop's."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from livecut.kernels.cpu.checks import check_pixels, check_plane8
from livecut.types import Pixels, Plane8, Size

__all__ = ["Matching"]

_EVERY: Final = 8
"""Each so many pixels, both ways, are looked at: a mean needs no more."""
_SURE: Final = 250
"""Alpha from which on a pixel's colours are all the person's."""
_LEAST: Final = 24
"""So many pixels of a person tell her colour; with fewer the gains stay as they are."""
_LIFT: Final = 20.0
"""Levels added to both means, so that a black backdrop or a black suit asks for no end."""
_BOUND: Final = 1.5
"""Most that a channel is made brighter, and one over the most that it is made darker."""
_EASE_NS: Final = 1e9
"""Time constant in which gains follow: a backdrop that moves must not make the person flicker."""


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
        self._gains: NDArray[np.float64] | None = None
        self._at_ns = 0

    def __call__(self, bgr: Pixels, alpha: Plane8, backdrop: Pixels, captured_ns: int) -> Pixels:
        """`bgr` (H, W, 3) in the light of `backdrop` (H, W, 3), by the person of `alpha` (H, W); own memory.

        Valid until the next call. All of the picture is changed alike: what is not the person's is not shown.
        """
        check_pixels("bgr", bgr, self.size)
        check_pixels("backdrop", backdrop, self.size)
        check_plane8("alpha", alpha, self.size)
        self._follow(bgr, alpha, backdrop, captured_ns)
        if self._gains is None:
            return bgr
        levels = np.arange(256)[:, np.newaxis] * self._gains
        cv2.LUT(bgr, np.rint(np.minimum(levels, 255.0)).astype(np.uint8)[np.newaxis], dst=self._out)
        return self._out

    def _follow(self, bgr: Pixels, alpha: Plane8, backdrop: Pixels, captured_ns: int) -> None:
        part = slice(_EVERY // 2, None, _EVERY)
        sure = alpha[part, part] >= _SURE
        if np.count_nonzero(sure) < _LEAST:
            return
        own = bgr[part, part][sure].mean(axis=0) + _LIFT
        other = backdrop[part, part].reshape(-1, 3).mean(axis=0) + _LIFT
        wanted = np.clip((other / own) ** self._share, 1.0 / _BOUND, _BOUND)
        if self._gains is None:
            self._gains = wanted
        else:
            passed = max(0, captured_ns - self._at_ns)
            self._gains = self._gains + (wanted - self._gains) * (1.0 - math.exp(-passed / _EASE_NS))
        self._at_ns = captured_ns
