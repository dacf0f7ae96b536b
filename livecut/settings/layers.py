"""Sections of the settings tree for what lies on the picture: an image, text, a clock, rounded corners."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from livecut.settings.sections import Colour, Fraction, Section

__all__ = ["ClockSettings", "ImageLayerSettings", "LayersSettings", "TextSettings"]

CornerField = Literal["top-left", "top-right", "bottom-left", "bottom-right", "centre"]


def _clock_format(text: str) -> str:
    try:
        time.strftime(text, time.localtime(0))
    except ValueError as error:
        raise ValueError(f"{text!r} is no format of strftime: {error}") from error
    return text


class _Placed(Section):
    corner: CornerField = Field("top-right", description="Where it stands.")
    margin_px: float = Field(
        24.0, ge=0.0, le=1000.0, description="Distance from the corner's edges, in pixels of a 720-line frame."
    )
    opacity: Fraction = Field(1.0, description="How much of it is seen (0 nothing).")
    behind: bool = Field(False, description="Behind the person instead of over the picture (this needs the matte).")


class ImageLayerSettings(_Placed):
    """A picture with transparency: a logo, a frame, a poster on the wall."""

    path: str = Field("", description="Path of a PNG, WebP or other picture; empty: none.")
    height: float = Field(0.15, gt=0.0, le=2.0, description="Its height as a share of the picture's.")


class _Letters(_Placed):
    height: float = Field(
        0.06,
        gt=0.0,
        le=1.0,
        description="Height of a line as a share of the picture's; less where text would not fit the picture.",
    )
    colour: Colour = Field("white", description="Colour of the letters.")
    plate: Fraction = Field(0.45, description="How dark the plate under the letters is (0 none).")
    font: str = Field("", description="Path of a TrueType or OpenType font; empty: one that has the letters.")


class TextSettings(_Letters):
    """A line of text, or several: a name, a notice."""

    text: str = Field("", max_length=400, description="What is written; empty: nothing.")
    corner: CornerField = Field("bottom-left", description="Where it stands.")


class ClockSettings(_Letters):
    """The time of day."""

    show: bool = Field(False, description="Show the clock.")
    format: Annotated[str, AfterValidator(_clock_format)] = Field(
        "%H:%M:%S", min_length=1, max_length=80, description="How the time is written, as strftime has it."
    )
    corner: CornerField = Field("top-left", description="Where it stands.")


class LayersSettings(Section):
    """What lies on the picture."""

    image: ImageLayerSettings = Field(default_factory=ImageLayerSettings, description="A picture.")
    text: TextSettings = Field(default_factory=TextSettings, description="Text.")
    clock: ClockSettings = Field(default_factory=ClockSettings, description="The time of day.")
    corner_radius_px: float = Field(
        0.0, ge=0.0, le=1000.0, description="Radius of the picture's corners, in pixels of a 720-line frame (0 square)."
    )
    corner_colour: Colour = Field("black", description="What stands outside the corners where there is no alpha.")
