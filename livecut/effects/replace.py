"""The effect `replace`: the person before another background."""

from __future__ import annotations

from livecut.effects.backdrop import Backdrop
from livecut.effects.needed import matte_of
from livecut.kernels.cpu.composite import over_picture
from livecut.kernels.cpu.rim import Rim
from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["Replace"]


class Replace:
    """Shows a backdrop instead of the room, which it closes with itself.

    `light_wrap` 0 … 1: how much of the backdrop's light falls on the rim; `decontaminate`: take the old background's
    colour out of the rim.
    """

    needs = frozenset({Need.MATTE})
    has_alpha = False

    def __init__(self, size: Size, backdrop: Backdrop, *, light_wrap: float = 0.15, decontaminate: bool = True) -> None:
        self._backdrop = backdrop
        with_care = decontaminate or light_wrap > 0.0
        self._rim = Rim(size, decontaminate=decontaminate, light_wrap=light_wrap) if with_care else None
        self._is_lit = False

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the person over the backdrop. Raises when the backdrop is lost."""
        alpha = matte_of(scene).alpha
        picture = self._backdrop.picture(scene.frame.captured_ns)
        if self._rim is None:
            over_picture(scene.frame.bgr, alpha, picture, out.bgr)
            return
        if not (self._is_lit and self._backdrop.still):
            self._rim.light(picture)
            self._is_lit = True
        self._rim.over(scene.frame.bgr, alpha, picture, out.bgr)

    def close(self) -> None:
        """Close the backdrop. Idempotent."""
        self._backdrop.close()
