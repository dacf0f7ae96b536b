"""How the output is clocked: by its own rate, or frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Timing"]


@dataclass(frozen=True, slots=True)
class Timing:
    """How the output is clocked."""

    fps: float
    max_age_ns: int
    """Older pictures are not shown; the card is."""
    lossless: bool = False
    """No clock: every frame of a file becomes one picture, and nothing is dropped, repeated or too old."""
    source_fps: float | None = None
    """The file's own rate, where lossless: at another `fps`, and where its frames come sooner or later than this says,
    pictures are left out or repeated, its duration stays."""
    hold: bool = False
    """Do not read before the first plan is there: a file must not lose its beginning while networks load."""
