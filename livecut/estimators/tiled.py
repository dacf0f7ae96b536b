"""Small people in a still are looked at in parts of it too, where they are seen larger."""

from __future__ import annotations

from livecut.estimators.looks import SeveralLooks
from livecut.kernels.cpu.closer import cropped
from livecut.kernels.cpu.geometry import Box
from livecut.kernels.cpu.tiles import are_small, blended, tiles
from livecut.protocols import Estimator
from livecut.types import Frame, Plane

__all__ = ["Tiled"]


class Tiled(SeveralLooks):
    """Runs a matte estimator on four overlapping parts of a picture as well, where its people are small; depth stays.

    For stills: it takes five times as long then. What the whole and the parts say is averaged, since a part alone lacks
    what stands around somebody. On 315 photographs it gained 0.004 of IoU and 0.005 of boundary F.
    """

    def __init__(self, inner: Estimator) -> None:
        super().__init__(inner, "looking at parts")

    def _again(self, frame: Frame, alpha: Plane, held: Plane | None) -> tuple[Plane, Plane | None]:
        parts: list[tuple[Box, Plane]] = []
        things: list[tuple[Box, Plane]] = []
        for box in tiles(frame.size) if are_small(alpha) else []:
            look = self._inner.estimate(Frame(cropped(frame.bgr, box), frame.index, frame.captured_ns))
            if look.matte is None:
                return alpha, held
            parts.append((box, look.matte.alpha.copy()))
            if look.held is not None:
                things.append((box, look.held.alpha.copy()))
        if not parts:
            return alpha, held
        if held is not None and len(things) == len(parts):
            held = blended(held, things, frame.size)
        return blended(alpha, parts, frame.size), held
