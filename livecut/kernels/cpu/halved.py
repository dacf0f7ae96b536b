"""Enlargement along the picture's edges, worked out on half the matte's grid: a third of the time, coarser edges."""

from __future__ import annotations

import cv2
import numpy as np

from livecut.kernels.cpu.checks import check_pixels, check_plane
from livecut.kernels.cpu.guided import GuidedUpsampler
from livecut.types import Pixels, Plane, Plane8, Size

__all__ = ["HalvedUpsampler"]


class HalvedUpsampler:
    """`GuidedUpsampler` for mattes of half the width and height."""

    def __init__(self, size: Size, plane_size: Size, *, radius: int, epsilon: float, low: float, high: float) -> None:
        """As of `GuidedUpsampler`: `radius` is in pixels of the whole matte."""
        self.size = size
        self.plane_size = plane_size
        half = Size((plane_size.width + 1) // 2, (plane_size.height + 1) // 2)
        self._half = half
        self._guided = GuidedUpsampler(size, half, radius=max(1, radius // 2), epsilon=epsilon, low=low, high=high)
        self._matte = np.empty((half.height, half.width), np.float32)
        self._guide = np.empty((half.height, half.width, 3), np.uint8)

    def __call__(self, bgr: Pixels, matte: Plane, out: Plane8, guide: Pixels | None = None) -> None:
        """Fill `out` (H, W) uint8 with the alpha of `bgr` (H, W, 3) uint8 from `matte` (h, w) float32 0 … 1.

        `guide` (h, w, 3) uint8 is `bgr` at the matte's size, for who has it already.
        """
        check_plane("matte", matte, self.plane_size)
        # INTER_AREA keeps a NaN a NaN, which the plan has refused before.
        cv2.resize(matte, self._half, dst=self._matte, interpolation=cv2.INTER_AREA)
        if guide is None:
            self._guided(bgr, self._matte, out)
            return
        check_pixels("guide", guide, self.plane_size)
        cv2.resize(guide, self._half, dst=self._guide, interpolation=cv2.INTER_AREA)
        self._guided(bgr, self._matte, out, self._guide)
