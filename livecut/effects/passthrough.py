"""The effect `none`: the camera's own picture, chosen by name."""

from __future__ import annotations

from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["Passthrough"]


class Passthrough:
    """Shows the frame as it is: the only effect through which the raw picture leaves."""

    needs: frozenset[Need] = frozenset()
    has_alpha = False

    def __init__(self, size: Size) -> None:
        self.size = size

    def render(self, scene: Scene, out: Canvas) -> None:
        """Copy the frame."""
        out.bgr[:] = scene.frame.bgr

    def close(self) -> None:
        """Nothing is held."""
