"""The effect `matte`: what the filter takes for a person."""

from __future__ import annotations

from typing import Literal

from livecut.effects.needed import matte_of
from livecut.kernels.cpu.background_blur import PrivacyBlur
from livecut.kernels.cpu.composite import grey, over_picture, tint
from livecut.protocols import Need
from livecut.types import Canvas, Scene, Size

__all__ = ["MatteView"]

_TINT = (180, 40, 120)


class MatteView:
    """The alpha itself as a grey picture, or the person before a tinted background.

    The tinted background is blurred beyond recognition first: a preview of the matte is no way out for the room.
    """

    needs = frozenset({Need.MATTE})
    has_alpha = False

    def __init__(self, size: Size, over: Literal["gray", "tint"] = "gray") -> None:
        self._privacy = PrivacyBlur(size) if over == "tint" else None
        if over == "tint":
            self._blurred, self._tinted = Canvas.empty(size).bgr, Canvas.empty(size).bgr

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the alpha."""
        alpha = matte_of(scene).alpha
        if self._privacy is None:
            grey(alpha, out.bgr)
            return
        self._privacy(scene.frame.bgr, self._blurred)
        tint(self._blurred, alpha, _TINT, 0.6, self._tinted)
        over_picture(scene.frame.bgr, alpha, self._tinted, out.bgr)

    def close(self) -> None:
        """Nothing is held."""
