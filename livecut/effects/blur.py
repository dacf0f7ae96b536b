"""The effect `blur`: the background out of focus behind the sharp person."""

from __future__ import annotations

from livecut.effects.needed import matte_of
from livecut.kernels.cpu.background_blur import BackgroundBlur
from livecut.protocols import Effect, Need
from livecut.types import Canvas, Frame, Scene, Size

__all__ = ["PAUSE_NS", "Blur"]

PAUSE_NS = 500_000_000
"""After so long without a picture the room is another one."""


class Blur:
    """Blurs the background only; `radius_px` is the standard deviation in pixels of a 720-line frame.

    `dim` 0 … 1 darkens the background, `saturation` 0 … 1 takes the colour out of it; the person keeps both. From frame
    to frame the room keeps still where the camera's only trembles.
    """

    needs = frozenset({Need.MATTE})
    has_alpha = False

    def __init__(self, size: Size, radius_px: float = 24.0, dim: float = 0.0, saturation: float = 1.0) -> None:
        self._blur = BackgroundBlur(size, radius_px, dim=dim, saturation=saturation, calm=True)
        self._last: tuple[int, int] | None = None

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the person sharp and the rest blurred."""
        if not self._follows(scene.frame):
            self._blur.forget()
        self._last = scene.frame.index, scene.frame.captured_ns
        self._blur(scene.frame.bgr, matte_of(scene).alpha, out.bgr)

    def _follows(self, frame: Frame) -> bool:
        if self._last is None:
            return False
        index, captured_ns = self._last
        return frame.index >= index and 0 <= frame.captured_ns - captured_ns <= PAUSE_NS

    def go_on_from(self, earlier: Effect) -> None:
        """Let the room of the plan before rest on."""
        if isinstance(earlier, Blur) and self._blur.go_on_from(earlier._blur):
            self._last = earlier._last

    def reset(self) -> None:
        """Forget earlier frames."""
        self._last = None

    def close(self) -> None:
        """Nothing is held."""
