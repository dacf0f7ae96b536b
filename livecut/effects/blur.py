"""The effect `blur`: the background out of focus behind the sharp person."""

from __future__ import annotations

from livecut.effects.needed import matte_of
from livecut.kernels.cpu.background_blur import BackgroundBlur
from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["Blur"]


class Blur:
    """Blurs the background only; `radius_px` is the standard deviation in pixels of a 720-line frame.

    `dim` 0 … 1 darkens the background, `saturation` 0 … 1 takes the colour out of it; the person keeps both.
    """

    needs = frozenset({Need.MATTE})
    has_alpha = False

    def __init__(self, size: Size, radius_px: float = 24.0, dim: float = 0.0, saturation: float = 1.0) -> None:
        self._blur = BackgroundBlur(size, radius_px, dim=dim, saturation=saturation)

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the person sharp and the rest blurred."""
        self._blur(scene.frame.bgr, matte_of(scene).alpha, out.bgr)

    def close(self) -> None:
        """Nothing is held."""
