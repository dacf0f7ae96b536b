"""The effect `replace`: the person before another background."""

from __future__ import annotations

import logging
import textwrap
from typing import Final, Literal

from livecut.effects.backdrop import Backdrop, SourceBackdrop, closed_on_error
from livecut.effects.needed import matte_of
from livecut.errors import DeviceError
from livecut.kernels.cpu.background_blur import BackgroundBlur
from livecut.kernels.cpu.composite import over_picture
from livecut.kernels.cpu.matching import Matching
from livecut.kernels.cpu.rim import Rim
from livecut.protocols import Effect, Need
from livecut.types import Canvas, Scene, Size

__all__ = ["ROOM_RADIUS_PX", "Replace", "Stopgap"]

log = logging.getLogger(__name__)

ROOM_RADIUS_PX: Final = 60.0
"""Of the blur that stands in for a lost background, in pixels of a 720-line frame: a twelfth of the height."""

_REASON_CHARS: Final = 60
"""Of the reason, in a line that tells more; the log has all of it."""


class Stopgap:
    """Tells that another picture stands in for the background, once for each loss, and that it is back."""

    def __init__(self) -> None:
        self.text = ""
        """What is shown instead, and why; empty as long as nothing is lost."""

    def lost(self, error: DeviceError) -> None:
        """The background cannot be had."""
        text = f"room blurred: {textwrap.shorten(error.message, _REASON_CHARS, placeholder=' …')}"
        if text != self.text:
            self.text = text
            log.warning("%s; your own room stands there instead, strongly blurred", error.message)

    def back(self) -> None:
        """It can."""
        if self.text:
            self.text = ""
            log.warning("the background is back")


class Replace:
    """Shows a backdrop instead of the room, which it closes with itself, and where its own making fails.

    `light_wrap` 0 … 1: how much of the backdrop's light falls on the rim; `decontaminate`: take the old background's
    colour out of the rim; `match` 0 … 1: how far the person's exposure, and less far the colour, go towards the
    backdrop's; `fallback`: where the backdrop is lost the person stands before the room, strongly blurred (`blur`), or
    `render` raises (`card`).
    """

    needs = frozenset({Need.MATTE})
    has_alpha = False
    fills_bars = True

    def __init__(
        self,
        size: Size,
        backdrop: Backdrop,
        *,
        light_wrap: float = 0.15,
        decontaminate: bool = True,
        match: float = 0.0,
        fallback: Literal["blur", "card"] = "card",
    ) -> None:
        self._backdrop = backdrop
        self._is_lit = False
        self._stopgap = Stopgap()
        self._room: BackgroundBlur | None = None
        with closed_on_error(backdrop):
            self._matching = Matching(size, match) if match > 0.0 else None
            with_care = decontaminate or light_wrap > 0.0
            self._rim = Rim(size, decontaminate=decontaminate, light_wrap=light_wrap) if with_care else None
            if fallback == "blur" and not backdrop.still:  # what is still cannot be lost
                self._room = BackgroundBlur(size, ROOM_RADIUS_PX)
                # Compiled now, not in the moment of the loss.
                spare = Canvas.empty(size, alpha=True)
                assert spare.alpha is not None
                self._room(spare.bgr, spare.alpha, Canvas.empty(size).bgr)

    @property
    def instead(self) -> str:
        """What is shown in place of the backdrop, and why; empty as long as it is there."""
        return self._stopgap.text

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint the person over the backdrop. Raises when that is lost and nothing may stand there instead."""
        alpha = matte_of(scene).alpha
        try:
            picture = self._backdrop.picture(scene.frame.captured_ns)
        except DeviceError as error:
            if self._room is None:
                raise
            self._stopgap.lost(error)
            self._room(scene.frame.bgr, alpha, out.bgr)
            return
        self._stopgap.back()
        if not (self._is_lit and self._backdrop.still):
            for lit in (self._rim, self._matching):
                if lit is not None:
                    lit.light(picture)
            self._is_lit = True
        bgr = scene.frame.bgr
        if self._matching is not None:
            if scene.is_new_shot:
                self._matching.forget()
            bgr = self._matching(bgr, alpha, scene.frame.captured_ns)
        if self._rim is None:
            over_picture(bgr, alpha, picture, out.bgr)
        else:
            self._rim.over(bgr, alpha, picture, out.bgr)

    def go_on_from(self, earlier: Effect) -> None:
        """Ease on from the light in which the person stood before, and play the same video on: nothing jumps."""
        if not isinstance(earlier, Replace):
            return
        if isinstance(self._backdrop, SourceBackdrop):
            self._backdrop.go_on_from(earlier._backdrop)
        if self._matching is not None and earlier._matching is not None:
            self._matching.go_on_from(earlier._matching)

    def reset(self) -> None:
        """Forget earlier frames."""
        if isinstance(self._backdrop, SourceBackdrop):
            self._backdrop.rest()
        if self._matching is not None:
            self._matching.forget()

    def close(self) -> None:
        """Close the backdrop. Idempotent."""
        self._backdrop.close()
