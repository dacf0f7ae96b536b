"""Live preview of depth in colours."""

from __future__ import annotations

from livecut.effects.needed import depth_of, matte_of
from livecut.kernels.cpu.depth_colours import ColourMap, DepthColours
from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["DepthView"]


class DepthView:
    """Nearness in the colours of a map, with a scale from near to far; no pixel of the picture is shown.

    Parameters are those of the settings table `effect.depth`.
    """

    has_alpha = False

    def __init__(
        self,
        size: Size,
        *,
        colour_map: ColourMap = "turbo",
        legend: bool = True,
        person_only: bool = False,
        sixteen_bits: bool = False,
    ) -> None:
        self._colours = DepthColours(size, colour_map=colour_map, legend=legend)
        self.has_depth = sixteen_bits
        """True when it fills `Canvas.depth` too, for files."""
        self.needs = frozenset({Need.DEPTH, Need.MATTE} if person_only else {Need.DEPTH})

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the depth."""
        alpha = matte_of(scene).alpha if Need.MATTE in self.needs else None
        self._colours(depth_of(scene).nearness, alpha, out.bgr, scene.within)
        if out.depth is not None:
            self._colours.plain(alpha, out.depth)

    def close(self) -> None:
        """Nothing is held."""
