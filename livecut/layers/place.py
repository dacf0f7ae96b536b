"""Where a mark stands on the picture: its corner, margin and size, which scale with the picture's height."""

from __future__ import annotations

from typing import Literal

from livecut.types import Size

__all__ = ["REFERENCE_LINES", "Corner", "at_corner", "in_lines", "with_height"]

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right", "centre"]
REFERENCE_LINES = 720


def in_lines(length_px: float, frame: Size) -> int:
    """A length in pixels of a 720-line frame, in pixels of this frame."""
    return round(length_px * frame.height / REFERENCE_LINES)


def with_height(picture: Size, share: float, frame: Size) -> Size:
    """Size of a picture scaled to `share` of the frame's height; never below one pixel, nor four frames wide."""
    height = max(1, round(share * frame.height))
    width = max(1, round(height * picture.width / picture.height))
    return Size(min(width, 4 * frame.width), height)


def at_corner(mark: Size, frame: Size, corner: Corner, margin: int) -> tuple[int, int]:
    """Top left corner of the mark, `margin` pixels from both edges of its corner; in the centre there is no margin."""
    if corner == "centre":
        return (frame.width - mark.width) // 2, (frame.height - mark.height) // 2
    x = margin if corner.endswith("left") else frame.width - mark.width - margin
    y = margin if corner.startswith("top") else frame.height - mark.height - margin
    return x, y
