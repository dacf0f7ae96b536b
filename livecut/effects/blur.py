"""The effect `blur`: the background out of focus behind the sharp person."""

from __future__ import annotations

from livecut.effects.needed import matte_of
from livecut.kernels.cpu.background_blur import BackgroundBlur
from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["Blur"]


class Blur:
    """Blurs the background only; `radius_px` is the standard deviation in pixels of a 720-line frame."""

    needs = frozenset({Need.MATTE})
    has_alpha = False

    def __init__(self, size: Size, radius_px: float = 24.0) -> None:
        self._blur = BackgroundBlur(size, radius_px)

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the person sharp and the rest blurred."""
        self._blur(scene.frame.bgr, matte_of(scene).alpha, out.bgr)

    def close(self) -> None:
        """Nothing is held."""
