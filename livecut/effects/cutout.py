"""The effect `cutout`: the person on transparency."""

from __future__ import annotations

from livecut.colours import parse_colour
from livecut.effects.needed import matte_of
from livecut.kernels.cpu.rim import Rim
from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["Cutout"]


class Cutout:
    """Straight alpha, and the person's own colour under it; where alpha is 0 the pixels are black, not the room.

    `colour` is for the sinks: what they put behind where they have no alpha. Here it is only checked.
    """

    needs = frozenset({Need.MATTE})
    has_alpha = True
    fills_bars = True

    def __init__(self, size: Size, colour: str = "#00b140") -> None:
        parse_colour(colour)
        self._rim = Rim(size, decontaminate=True, light_wrap=0.0)

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the person and the alpha."""
        if out.alpha is None:
            raise ValueError("a cutout needs a canvas with alpha")
        alpha = matte_of(scene).alpha
        self._rim.alone(scene.frame.bgr, alpha, out.bgr)
        out.alpha[:] = alpha

    def close(self) -> None:
        """Nothing is held."""
