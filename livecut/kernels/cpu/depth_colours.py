"""Depth in false colours at frame size, with a legend."""

from __future__ import annotations

from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from livecut.kernels.cpu.checks import check_pixels, check_plane8
from livecut.kernels.cpu.composite import premultiply
from livecut.kernels.cpu.depth_layers import DepthLayers
from livecut.types import EVERYWHERE, Part, Pixels, Plane, Plane8, Plane16, Size

__all__ = ["ColourMap", "DepthColours"]

ColourMap = Literal["turbo", "inferno", "gray"]

_MAPS: Final = {"turbo": cv2.COLORMAP_TURBO, "inferno": cv2.COLORMAP_INFERNO}
_LEGEND_LEAST_LINES: Final = 120
"""Below this height, or in parts less than twice as wide, the legend would hide more than it says."""
_BLOCK: Final = 4


def _colour_table(colour_map: ColourMap) -> Pixels:
    """(256, 1, 3) BGR of every level."""
    levels: Plane8 = np.arange(256, dtype=np.uint8)[:, None]
    if colour_map == "gray":
        return np.ascontiguousarray(np.repeat(levels[:, :, None], 3, axis=2))
    if colour_map not in _MAPS:
        raise ValueError(f"colour_map is turbo, inferno or gray, not {colour_map!r}")
    return np.ascontiguousarray(cv2.applyColorMap(levels, _MAPS[colour_map]), np.uint8)


class DepthColours:
    """Paints nearness for frames of one size."""

    def __init__(self, size: Size, *, colour_map: ColourMap, legend: bool) -> None:
        """Take the memory; `legend` draws a scale from near to far into 120 lines and more, where it has room."""
        self.size = size
        self._table = _colour_table(colour_map)
        self._smooth: Plane = np.empty((size.height, size.width), np.float32)
        self._levels: Plane8 = np.empty((size.height, size.width), np.uint8)
        self._everything: Pixels = np.empty((size.height, size.width, 3), np.uint8)
        self._layers = DepthLayers(size, _BLOCK)
        self._cover: Plane = np.empty(self._layers.shape, np.float32)
        self._has_legend = legend
        self._legend: _Legend | None = None

    def __call__(self, nearness: Plane, alpha: Plane8 | None, out: Pixels, within: Part = EVERYWHERE) -> None:
        """Fill `out` (H, W, 3) from `nearness` (any h, w) float32, 0 far … 1 near; what lies beyond is clipped.

        With `alpha` (H, W) uint8 only the person is shown, on black, and her depth reaches up to her outline.
        The scale stands `within` a part of `out`.
        """
        check_pixels("out", out, self.size)
        if nearness.ndim != 2 or nearness.dtype != np.float32 or 0 in nearness.shape:
            raise ValueError(f"nearness must be (h, w) float32, not {nearness.shape} {nearness.dtype}")
        if alpha is not None:
            check_plane8("alpha", alpha, self.size)
            nearness = self._person_layer(nearness, alpha)
        cv2.resize(nearness, tuple(self.size), dst=self._smooth, interpolation=cv2.INTER_LINEAR)
        np.clip(self._smooth, 0.0, 1.0, out=self._smooth)
        cv2.convertScaleAbs(self._smooth, dst=self._levels, alpha=255.0)
        if alpha is None:
            cv2.applyColorMap(self._levels, self._table, dst=out)
        else:
            cv2.applyColorMap(self._levels, self._table, dst=self._everything)
            premultiply(self._everything, alpha, out)
        if self._has_legend:
            self._draw_legend(out[within])

    def plain(self, alpha: Plane8 | None, out: Plane16) -> None:
        """Fill `out` (H, W) with the nearness painted last, 0 far … 65535 near, without colours; 0 outside `alpha`."""
        if out.shape != self._smooth.shape or out.dtype != np.uint16:
            raise ValueError(f"out must be {self._smooth.shape} uint16, not {out.shape} {out.dtype}")
        np.multiply(self._smooth, np.float32(65535.0), out=self._smooth)
        if alpha is not None:
            np.multiply(self._smooth, alpha, out=self._smooth)
            np.multiply(self._smooth, np.float32(1.0 / 255.0), out=self._smooth)
        np.rint(self._smooth, out=self._smooth)
        np.copyto(out, self._smooth, casting="unsafe")

    def _draw_legend(self, part: Pixels) -> None:
        size = Size(part.shape[1], part.shape[0])
        if size.height < _LEGEND_LEAST_LINES:
            return
        if self._legend is None or self._legend.size != size:
            self._legend = _Legend(size, self._table)
        if 2 * self._legend.width <= size.width:
            self._legend.draw(part)

    def _person_layer(self, nearness: Plane, alpha: Plane8) -> Plane:
        height, width = self._layers.shape
        cv2.resize(alpha, (width, height), dst=self._levels[:height, :width], interpolation=cv2.INTER_AREA)
        np.multiply(self._levels[:height, :width], np.float32(1 / 255), out=self._cover)
        self._layers.split(nearness, self._cover)
        return self._layers.person


class _Legend:
    """A bar in the colours of the map, "near" above and "far" below it, on a darkened ground."""

    def __init__(self, size: Size, table: Pixels) -> None:
        self.size = size
        unit = size.height / 36.0
        bar, tall = max(round(0.9 * unit), 2), round(10 * unit)
        pad, font = max(round(0.4 * unit), 1), cv2.FONT_HERSHEY_SIMPLEX
        scale = 0.026 * unit
        thick = max(round(0.06 * unit), 1)
        (wide, high), base = cv2.getTextSize("near", font, scale, thick)
        line = high + base + 2 * pad
        width, height = max(wide, bar) + 2 * pad, tall + 2 * line + pad
        height = min(height, size.height)
        self.width = width
        ground = np.full((height, width, 3), 24, np.uint8)
        levels = np.linspace(255, 0, tall).round().astype(np.uint8)
        left = (width - bar) // 2
        strip = table[levels]
        room = ground[line : line + tall, left : left + bar]
        room[:] = strip[: room.shape[0]]
        for word, y in (("near", pad + high), ("far", line + tall + pad + high)):
            (wide, _), _ = cv2.getTextSize(word, font, scale, thick)
            cv2.putText(ground, word, ((width - wide) // 2, y), font, scale, (235, 235, 235), thick, cv2.LINE_AA)
        self._ground: NDArray[np.uint8] = ground
        margin = round(unit)
        self._y = max(min(margin, size.height - height), 0)
        self._x = max(size.width - width - margin, 0)

    def draw(self, out: Pixels) -> None:
        height, width = self._ground.shape[:2]
        out[self._y : self._y + height, self._x : self._x + width] = self._ground
