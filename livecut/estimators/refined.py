"""From a network's soft matte to an alpha at the frame's own size."""

from __future__ import annotations

from typing import Final, Literal

from livecut.kernels.cpu.guided import BilinearUpsampler, GuidedUpsampler
from livecut.kernels.cpu.halved import HalvedUpsampler
from livecut.kernels.cpu.memory import AlphaMemory
from livecut.kernels.cpu.specks import SpeckFilter
from livecut.kernels.cpu.tensor import empty_plane
from livecut.types import Canvas, Frame, Matte, Plane, Plane8, Size, SoftMatte

__all__ = ["FORGOTTEN", "Refined"]

FORGOTTEN: Final = 0.4
"""How much less of an alpha is forgotten than of the network's matte: its noise is the picture's, and finer."""


class Refined:
    """The `Refiner` of the matte settings: specks, enlargement along the picture's edges, coverage curve, memory.

    Takes frames and mattes of any size; memory is taken at the first of each. The keywords are those of the settings.
    Edges lean on the picture's own noise, so the alpha of the frame before, moved along, keeps a share where the matte
    says how the picture moved since then; where it does not, every frame stands for itself.
    """

    keeps_across_networks: Final = True

    def __init__(
        self,
        size: Size,
        *,
        refine: Literal["guided", "guided-half", "bilinear"] = "guided",
        guide_radius: int = 2,
        guide_epsilon: float = 0.0008,
        curve_low: float = 0.13,
        curve_high: float = 0.82,
        specks: float = 0.004,
        smooth: float = 0.0,
    ) -> None:
        if curve_low >= curve_high:
            raise ValueError(f"curve_low {curve_low} must be below curve_high {curve_high}")
        self._size = size
        self._refine = refine
        self._radius, self._epsilon = guide_radius, guide_epsilon
        self._low, self._high = curve_low, curve_high
        self._specks = specks
        self._smooth = smooth
        self._held_index: int | None = None
        self._plane_size: Size | None = None
        self._alpha, self._held, self._fresh = _three(size)

    def refine(self, frame: Frame, matte: SoftMatte) -> Matte:
        """The alpha of `frame`, of its size; valid until the next call."""
        if self._size != frame.size:
            self._size, self._plane_size = frame.size, None
            self._alpha, self._held, self._fresh = _three(frame.size)
        height, width = matte.alpha.shape
        if self._plane_size != (width, height):
            self._turn_to(Size(width, height))
        self._soft[:] = matte.alpha
        self._speck_filter(self._soft, self._specks)
        # A kept matte comes with the picture of its own frame, which this one may have moved away from.
        is_own = matte.frame_index == frame.index
        motion, held_index = matte.motion, self._held_index
        if not is_own:
            # The alpha that is remembered stays that of the frame the matte was made of.
            self._upsampler(frame.bgr, self._soft, self._fresh, None)
            return Matte(self._fresh, matte.frame_index, matte.captured_ns)
        self._alpha, self._held = self._held, self._alpha
        self._held_index = frame.index
        if motion is None or held_index is None or motion.since_index != held_index or not self._smooth:
            self._upsampler(frame.bgr, self._soft, self._alpha, matte.seen)
        else:
            self._upsampler(frame.bgr, self._soft, self._fresh, matte.seen)
            self._memory(self._fresh, self._held, motion, self._alpha)
        return Matte(self._alpha, matte.frame_index, matte.captured_ns)

    def go_on_from(self, earlier: object) -> None:
        """Take over the alpha that the one before held, so that a change of plan does not let edges tremble."""
        if isinstance(earlier, Refined) and self._size == earlier._size and self._plane_size is not None:
            self._alpha[...] = earlier._alpha
            self._held_index = earlier._held_index

    def reset(self) -> None:
        """Forget earlier frames."""
        self._held_index = None

    def _turn_to(self, plane_size: Size) -> None:
        self._plane_size = plane_size
        self._soft: Plane = empty_plane(plane_size)
        self._speck_filter = SpeckFilter(plane_size)
        self._memory = AlphaMemory(self._size, plane_size, 1.0 - FORGOTTEN * (1.0 - self._smooth))
        self._held_index = None
        self._upsampler: GuidedUpsampler | HalvedUpsampler | BilinearUpsampler
        if self._refine == "bilinear":
            self._upsampler = BilinearUpsampler(self._size, plane_size, low=self._low, high=self._high)
            return
        guided = GuidedUpsampler if self._refine == "guided" else HalvedUpsampler
        self._upsampler = guided(
            self._size, plane_size, radius=self._radius, epsilon=self._epsilon, low=self._low, high=self._high
        )


def _three(size: Size) -> tuple[Plane8, Plane8, Plane8]:
    return _empty(size), _empty(size), _empty(size)


def _empty(size: Size) -> Plane8:
    alpha = Canvas.empty(size, alpha=True).alpha
    assert alpha is not None
    return alpha
