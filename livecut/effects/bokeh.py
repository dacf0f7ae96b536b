"""Blur that grows with distance from what is in focus, as a fast lens makes it; the room is never sharp."""

from __future__ import annotations

from typing import Literal

from livecut.effects.needed import depth_of, matte_of
from livecut.kernels.cpu.bokeh import Focus, LensBlur
from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["Bokeh"]


class Bokeh:
    """The room out of focus behind a sharp person, or person and room by their distance from the focus.

    With `focus` "person" all that the matte calls person is sharp, byte for byte. With "point" and "distance" the depth
    decides how sharp the person is. Everything else is blurred by `least_blur` at least, also where it is in focus, and
    never so little that the room could be recognised. Parameters are those of the settings table `effect.bokeh`.
    """

    needs = frozenset({Need.MATTE, Need.DEPTH})
    has_alpha = False

    def __init__(
        self,
        size: Size,
        *,
        focus: Focus = "person",
        focus_x: float = 0.5,
        focus_y: float = 0.4,
        focus_distance: float = 0.8,
        aperture: float = 0.8,
        max_radius_px: float = 32.0,
        depth_of_field: float = 0.08,
        highlights: float = 0.5,
        least_blur: float = 0.5,
        quality: Literal["full", "draft"] = "full",
    ) -> None:
        self._blur = LensBlur(
            size,
            focus=focus,
            point=(focus_x, focus_y),
            distance=focus_distance,
            aperture=aperture,
            max_radius_px=max_radius_px,
            depth_of_field=depth_of_field,
            highlights=highlights,
            least_blur=least_blur,
            draft=quality == "draft",
        )

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the scene as the lens sees it."""
        self._blur(scene.frame.bgr, matte_of(scene).alpha, depth_of(scene).nearness, out.bgr)

    def close(self) -> None:
        """Nothing is held."""
