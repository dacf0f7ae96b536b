"""The effect `green`: the person before a key colour, for programs that key it out."""

from __future__ import annotations

from livecut.colours import parse_colour
from livecut.effects.backdrop import ColourBackdrop
from livecut.effects.replace import Replace
from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["Green"]


class Green:
    """A plain colour behind the person; the rim is cleaned of the room, and no light of the key falls on it."""

    needs = frozenset({Need.MATTE})
    has_alpha = False
    fills_bars = True

    def __init__(self, size: Size, colour: str = "#00b140") -> None:
        backdrop = ColourBackdrop(size, parse_colour(colour))
        self._replace = Replace(size, backdrop, light_wrap=0.0, decontaminate=True)

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the person over the colour."""
        self._replace.render(scene, out)

    def close(self) -> None:
        """Nothing is held."""
