"""From a network's soft matte to an alpha at the frame's own size."""

from __future__ import annotations

from typing import Literal

from livecut.kernels.cpu.guided import BilinearUpsampler, GuidedUpsampler
from livecut.kernels.cpu.halved import HalvedUpsampler
from livecut.kernels.cpu.specks import SpeckFilter
from livecut.kernels.cpu.tensor import empty_plane
from livecut.types import Canvas, Frame, Matte, Plane, Size, SoftMatte

__all__ = ["Refined"]


class Refined:
    """The `Refiner` of the matte settings: specks, enlargement along the picture's edges, coverage curve.

    Takes mattes of any size; memory is taken at the first of each size. The keywords are those of the settings.
    """

    def __init__(
        self,
        size: Size,
        *,
        refine: Literal["guided", "guided-half", "bilinear"] = "guided",
        guide_radius: int = 2,
        guide_epsilon: float = 0.0008,
        curve_low: float = 0.08,
        curve_high: float = 0.92,
        specks: float = 0.004,
    ) -> None:
        if curve_low >= curve_high:
            raise ValueError(f"curve_low {curve_low} must be below curve_high {curve_high}")
        self._size = size
        self._refine = refine
        self._radius, self._epsilon = guide_radius, guide_epsilon
        self._low, self._high = curve_low, curve_high
        self._specks = specks
        alpha = Canvas.empty(size, alpha=True).alpha
        assert alpha is not None
        self._alpha = alpha
        self._plane_size: Size | None = None

    def refine(self, frame: Frame, matte: SoftMatte) -> Matte:
        """The alpha of `frame`, of the size given at construction; valid until the next call."""
        height, width = matte.alpha.shape
        if self._plane_size != (width, height):
            self._turn_to(Size(width, height))
        self._soft[:] = matte.alpha
        self._speck_filter(self._soft, self._specks)
        # A kept matte comes with the picture of its own frame, which this one may have moved away from.
        seen = matte.seen if matte.frame_index == frame.index else None
        self._upsampler(frame.bgr, self._soft, self._alpha, seen)
        return Matte(self._alpha, matte.frame_index, matte.captured_ns)

    def reset(self) -> None:
        """Nothing is kept from frame to frame."""

    def _turn_to(self, plane_size: Size) -> None:
        self._plane_size = plane_size
        self._soft: Plane = empty_plane(plane_size)
        self._speck_filter = SpeckFilter(plane_size)
        self._upsampler: GuidedUpsampler | HalvedUpsampler | BilinearUpsampler
        if self._refine == "bilinear":
            self._upsampler = BilinearUpsampler(self._size, plane_size, low=self._low, high=self._high)
            return
        guided = GuidedUpsampler if self._refine == "guided" else HalvedUpsampler
        self._upsampler = guided(
            self._size, plane_size, radius=self._radius, epsilon=self._epsilon, low=self._low, high=self._high
        )
