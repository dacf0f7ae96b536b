"""Blur that grows with distance from what is in focus, as a fast lens makes it; the room is never sharp."""

from __future__ import annotations

from typing import Final, Literal

from livecut.effects.needed import depth_of, matte_of
from livecut.kernels.cpu.bokeh import LensBlur
from livecut.kernels.cpu.focus import Focus
from livecut.protocols import Effect, Need
from livecut.types import Canvas, Plane, Scene, Size

__all__ = ["Bokeh"]

_LEAST_BLADES: Final = 5
"""No lens has fewer; the setting says so."""


class Bokeh:
    """The room out of focus behind a sharp person, or person and room by their distance from the focus.

    With `focus` "person" all that the matte calls person is sharp, byte for byte. With "follow" (the head), "point" and
    "distance" the depth decides how sharp the person is. Where the focus changes it is pulled over in `focus_pull_s`.
    Everything else is blurred by `least_blur` at least, also where it is in focus, and never so little that the room
    could be recognised. Parameters are those of the settings table `effect.bokeh`.
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
        focus_pull_s: float = 0.6,
        aperture: float = 0.8,
        max_radius_px: float = 32.0,
        depth_of_field: float = 0.08,
        highlights: float = 0.5,
        least_blur: float = 0.5,
        blades: int = 0,
        blades_turned_deg: float = 0.0,
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
            blades=blades if blades >= _LEAST_BLADES else 0,
            blades_turned_deg=blades_turned_deg,
            focus_pull_s=focus_pull_s,
            draft=quality == "draft",
        )
        self._captured_ns: int | None = None

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the scene as the lens sees it."""
        now_ns, depth = scene.frame.captured_ns, depth_of(scene)
        # Not where the picture alone is another: a lamp that goes on must not make the focus jump.
        if depth.is_new_shot and depth.frame_index == scene.frame.index:
            self._blur.reset()
        # A clock set back, or a file that starts again, is no time at all.
        seconds = 0.0 if self._captured_ns is None else max((now_ns - self._captured_ns) * 1e-9, 0.0)
        self._blur(scene.frame.bgr, matte_of(scene).alpha, depth.nearness, out.bgr, seconds)
        self._captured_ns = now_ns

    @property
    def radius_px(self) -> Plane:
        """(h, w) blur radius of the last frame in pixels, for all behind the focus; any size, over the whole frame."""
        return self._blur.radius_px

    def go_on_from(self, earlier: Effect) -> None:
        """Pull the focus over from where the plan before had it."""
        if isinstance(earlier, Bokeh):
            self._blur.go_on_from(earlier._blur)
            self._captured_ns = earlier._captured_ns

    def reset(self) -> None:
        """Forget earlier frames."""
        self._blur.reset()
        self._captured_ns = None

    def close(self) -> None:
        """Nothing is held."""
