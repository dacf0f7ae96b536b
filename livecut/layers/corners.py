"""Rounded corners of the whole picture."""

from __future__ import annotations

from livecut.kernels.cpu.composite import BGR
from livecut.kernels.cpu.stamp import corner_coverage, round_corners
from livecut.layers.place import in_lines
from livecut.protocols import Need
from livecut.types import Canvas, Matte, Size

__all__ = ["RoundCorners"]


class RoundCorners:
    """Corners rounded to `colour`, or to nothing where the canvas has alpha.

    `radius_px` is in pixels of a 720-line frame; half of the smaller side is the most there can be.
    """

    needs: frozenset[Need] = frozenset()

    def __init__(self, size: Size, radius_px: float, colour: BGR = (0, 0, 0)) -> None:
        self._coverage = corner_coverage(min(in_lines(radius_px, size), min(size) // 2))
        self._colour = colour

    def render(self, out: Canvas, matte: Matte | None) -> None:
        """Take the corners off."""
        round_corners(self._coverage, self._colour, out)

    def close(self) -> None:
        """Nothing is held."""
