"""Sections of the settings tree for the picture before the effect: which part of it, and how light."""

from __future__ import annotations

from pydantic import Field

from livecut.settings.sections import Fraction, Section

__all__ = ["FramingSettings", "LookSettings"]


class FramingSettings(Section):
    """Auto-framing: the picture follows head and shoulders; `look.zoom` and its centre are not used then."""

    follow: bool = Field(False, description="Keep head and shoulders in the picture by zooming and panning.")
    max_zoom: float = Field(2.0, ge=1.0, le=4.0, description="How close it may go.")
    ease_s: float = Field(1.2, ge=0.2, le=10.0, description="About how long a move takes, in seconds.")


class LookSettings(Section):
    """The picture before anything is done with it."""

    zoom: float = Field(
        1.0,
        ge=1.0,
        le=8.0,
        description="Show only this much larger a part (1 all of it); not used while look.framing.follow is on.",
    )
    centre_x: Fraction = Field(
        0.5, description="Middle of that part, share of the width as it is shown; not used while it follows either."
    )
    centre_y: Fraction = Field(
        0.5, description="Middle of that part, share of the height; not used while it follows either."
    )
    low_light: Fraction = Field(0.0, description="How much a dark picture is lifted (0 off).")
    framing: FramingSettings = Field(default_factory=FramingSettings, description="Auto-framing.")
