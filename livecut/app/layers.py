"""Turns the `layers` tables into what lies on the picture."""

from __future__ import annotations

from livecut.app.mistakes import font_error
from livecut.colours import parse_colour
from livecut.kernels.cpu.stamp import make_stamp
from livecut.layers.clock import Clock
from livecut.layers.corners import RoundCorners
from livecut.layers.lettering import Lettering
from livecut.layers.mark import Mark
from livecut.layers.place import in_lines, with_height
from livecut.protocols import Layer
from livecut.settings.layers import ClockSettings, ImageLayerSettings, LayersSettings, TextSettings
from livecut.sources.picture import read_transparent
from livecut.types import Size

__all__ = ["build_layers"]


def build_layers(settings: LayersSettings, size: Size) -> tuple[Layer, ...]:
    """The layers from the lowest to the highest: what stands behind the person first, rounded corners last.

    Raises `ImageError` for a picture that cannot be read and `SettingsError` for such a font.
    """
    placed: list[tuple[bool, Layer]] = []
    if settings.image.path:
        placed.append((settings.image.behind, _image(settings.image, size)))
    if settings.text.text.strip():
        text = _text(settings.text, size)
        placed.extend([] if text is None else [(settings.text.behind, text)])
    if settings.clock.show:
        placed.append((settings.clock.behind, _clock(settings.clock, size)))
    layers = [layer for _, layer in sorted(placed, key=lambda pair: not pair[0])]
    if settings.corner_radius_px > 0.0:
        layers.append(RoundCorners(size, settings.corner_radius_px, parse_colour(settings.corner_colour)))
    return tuple(layers)


def _image(table: ImageLayerSettings, size: Size) -> Layer:
    bgr, alpha = read_transparent(table.path)
    small = with_height(Size(bgr.shape[1], bgr.shape[0]), table.height, size)
    stamp = make_stamp(bgr, alpha, small, opacity=table.opacity)
    return Mark(size, stamp, corner=table.corner, margin_px=table.margin_px, behind=table.behind)


def _text(table: TextSettings, size: Size) -> Layer | None:
    stamp = _lettering("text", table, size).stamp(table.text)
    if stamp is None:
        return None
    return Mark(size, stamp, corner=table.corner, margin_px=table.margin_px, behind=table.behind)


def _clock(table: ClockSettings, size: Size) -> Layer:
    return Clock(
        size,
        _lettering("clock", table, size),
        format=table.format,
        corner=table.corner,
        margin_px=table.margin_px,
        behind=table.behind,
    )


def _lettering(name: str, table: TextSettings | ClockSettings, size: Size) -> Lettering:
    height = max(1, round(table.height * size.height))
    margin = 0 if table.corner == "centre" else in_lines(table.margin_px, size)
    try:
        return Lettering(
            height,
            parse_colour(table.colour),
            plate=table.plate,
            opacity=table.opacity,
            font=table.font,
            widest_px=max(1, size.width - margin),
            highest_px=max(1, size.height - margin),
        )
    except OSError:
        raise font_error(f"layers.{name}.font", table.font) from None  # FreeType's complaint says no more
