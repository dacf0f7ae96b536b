"""Enlargement of a network's soft matte to the frame: along the picture's edges, or bilinear."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_pixels, check_plane, check_plane8
from livecut.kernels.cpu.coverage import Coverage
from livecut.kernels.cpu.local_model import LEAST_EPSILON, MOST_RADIUS, LocalModel
from livecut.kernels.cpu.resample import FAST
from livecut.kernels.cpu.tensor import Shrink
from livecut.types import Pixels, Plane, Plane8, Size

__all__ = ["BilinearUpsampler", "GuidedUpsampler"]


@njit(cache=True, nogil=True, fastmath=FAST)
def _flatten(matte: Any, low: Any, high: Any, model: Any) -> None:
    gain = np.float32(1.0) / (high - low)
    for y in range(matte.shape[0]):
        for x in range(matte.shape[1]):
            model[3, y, x] = (matte[y, x] - low) * gain


def _check_curve(low: float, high: float) -> None:
    if not 0.0 <= low < high <= 1.0:
        raise ValueError(f"the coverage curve needs 0 <= low < high <= 1, not {low} and {high}")


class GuidedUpsampler:
    """Enlarges mattes of one size to frames of one size along the picture's edges.

    A fast guided filter (He and Sun, "Fast Guided Filter", 2015) with a colour guide: in every window of the network's
    grid the matte is explained as a linear function of colour, and that function is evaluated on the pixels of the
    full picture. The model counts where the matte is in doubt; where it is sure, it stays as it is.
    """

    def __init__(self, size: Size, plane_size: Size, *, radius: int, epsilon: float, low: float, high: float) -> None:
        """Take the memory for frames of `size` and mattes of `plane_size`.

        `radius` is in pixels of the matte; `epsilon` is a variance of colours in 0 … 1: edges fainter than its root
        are not followed; it is 1e-5 at least. `low` and `high` are the coverage curve: alpha at or beyond them becomes
        0 and 255.
        """
        _check_curve(low, high)
        if not 1 <= radius <= MOST_RADIUS or not epsilon >= LEAST_EPSILON:
            raise ValueError(
                f"radius must be 1 … {MOST_RADIUS} and epsilon {LEAST_EPSILON} or more, not {radius} and {epsilon}"
            )
        self.size = size
        self.plane_size = plane_size
        self._shrink = Shrink(size, plane_size)
        self._coverage = Coverage(size, plane_size)
        self._guide = np.empty((plane_size.height, plane_size.width, 3), np.uint8)
        self._local = LocalModel(plane_size, radius=radius, epsilon=epsilon, low=low, high=high)

    def __call__(self, bgr: Pixels, matte: Plane, out: Plane8, guide: Pixels | None = None) -> None:
        """Fill `out` (H, W) uint8 with the alpha of `bgr` (H, W, 3) uint8 from `matte` (h, w) float32 0 … 1.

        `guide` (h, w, 3) uint8 is `bgr` at the matte's size, for who has it already.
        """
        check_pixels("bgr", bgr, self.size)
        check_plane("matte", matte, self.plane_size)
        check_plane8("out", out, self.size)
        if guide is None:
            guide = self._guide
            self._shrink(bgr, guide)
        else:
            check_pixels("guide", guide, self.plane_size)
        self._local(guide, matte)
        self._coverage(bgr, self._local.model, out)


class BilinearUpsampler:
    """Enlarges mattes of one size to frames of one size without looking at the picture."""

    def __init__(self, size: Size, plane_size: Size, *, low: float, high: float) -> None:
        """Take the memory; `low` and `high` are the coverage curve as in `GuidedUpsampler`."""
        _check_curve(low, high)
        self.size = size
        self.plane_size = plane_size
        self._low, self._high = np.float32(low), np.float32(high)
        self._coverage = Coverage(size, plane_size)
        self._model = np.zeros((4, plane_size.height, plane_size.width), np.float32)

    def __call__(self, bgr: Pixels, matte: Plane, out: Plane8, guide: Pixels | None = None) -> None:
        """Fill `out` (H, W) uint8 from `matte` (h, w) float32 0 … 1; `bgr` and `guide` are not used."""
        check_plane("matte", matte, self.plane_size)
        _flatten(matte, self._low, self._high, self._model)
        self._coverage(bgr, self._model, out)
