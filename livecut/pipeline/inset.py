"""What `output.fit = "contain"` shows of a frame: all of it, on a part of the picture, with bars beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from livecut.kernels.cpu.geometry import Box, beside, place_of_whole
from livecut.kernels.cpu.surround import surround, surrounding
from livecut.kernels.cpu.tensor import empty_plane
from livecut.pipeline.whole import Whole
from livecut.types import Canvas, DepthMap, Frame, Matte, Part, Pixels, Plane, Plane8, Size

__all__ = ["Inset"]


class Inset(Whole):
    """The part of the picture that a frame fills: networks look at that alone, and beside it nobody is."""

    def __init__(self, size: Size) -> None:
        """For pictures of `size`."""
        self._size: Final = size
        self._source: Size | None = None
        self._turn_to(Box(0, 0, *size))

    def _turn_to(self, place: Box) -> None:
        width, height = self._size
        self._place = place
        self._bars = beside(place, self._size)
        self._within = slice(place.y, place.y + place.height), slice(place.x, place.x + place.width)
        self._bgr: Pixels | None = None
        self._alpha: Plane8 | None = None
        self._nearness: Plane | None = None
        if self._bars:
            self._bgr = np.empty((place.height, place.width, 3), np.uint8)
            self._alpha = np.zeros((height, width), np.uint8)

    @property
    def other_shapes(self) -> tuple[Size, ...]:
        """Very high and very wide frames, which no network's input is shaped like."""
        return Size(12, 48), Size(48, 12)

    def look_at(self, source: Size) -> None:
        """The next frame comes from one of size `source`."""
        if source != self._source:
            self._source = source
            self._turn_to(place_of_whole(source, self._size))

    @property
    def within(self) -> Part:
        """What the frame fills of the picture."""
        return self._within

    def inner(self, frame: Frame) -> Frame:
        """What of a fitted frame is the source's, valid until the next call."""
        if self._bgr is None:
            return frame
        np.copyto(self._bgr, frame.bgr[self._within])
        return Frame(self._bgr, frame.index, frame.captured_ns)

    def whole_matte(self, inner: Matte) -> Matte:
        """The matte of the picture from that of its inner part, 0 beside it; valid until the next call."""
        if self._alpha is None:
            return inner
        self._alpha[self._within] = inner.alpha
        return Matte(self._alpha, inner.frame_index, inner.captured_ns)

    def whole_depth(self, inner: DepthMap) -> DepthMap:
        """The same for depth, which goes on beside it as it ends there."""
        if not self._bars:
            return inner
        height, width = inner.nearness.shape
        grid = surrounding(Size(width, height), self._place, self._size)
        if self._nearness is None or self._nearness.shape != (grid.height, grid.width):
            self._nearness = empty_plane(grid)
        surround(inner.nearness, self._place, self._size, self._nearness)
        return replace(inner, nearness=self._nearness)

    def blacken(self, out: Canvas) -> None:
        """Paint what lies beside it black, and far away where the picture has depth."""
        for part in self._bars:
            out.bgr[part] = 0
            if out.depth is not None:
                out.depth[part] = 0
