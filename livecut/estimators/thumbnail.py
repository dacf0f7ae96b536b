"""The picture as small as a network's grid, for what looks at its motion."""

from __future__ import annotations

from livecut.kernels.cpu.tensor import Shrink
from livecut.types import Canvas, Pixels, Size

__all__ = ["Thumbnail"]


class Thumbnail:
    """Shrinks frames of any size to `size`, into memory of its own: `bgr`."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.bgr: Pixels = Canvas.empty(size).bgr
        self._shrink: Shrink | None = None

    def of(self, bgr: Pixels) -> Pixels:
        """`bgr`, shrunk; valid until the next call."""
        source = Size(bgr.shape[1], bgr.shape[0])
        if self._shrink is None or self._shrink.source != source:
            self._shrink = Shrink(source, self.size)
        self._shrink(bgr, self.bgr)
        return self.bgr
