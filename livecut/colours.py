"""Colours as people write them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["BGR", "is_colour", "parse_colour"]

BGR = tuple[int, int, int]
"""Blue, green, red, each 0 … 255: the order of the pixels."""

_NAMES: Final = {
    "aqua": 0x00FFFF,
    "black": 0x000000,
    "blue": 0x0000FF,
    "fuchsia": 0xFF00FF,
    "gray": 0x808080,
    "green": 0x008000,
    "grey": 0x808080,
    "lime": 0x00FF00,
    "maroon": 0x800000,
    "navy": 0x000080,
    "olive": 0x808000,
    "orange": 0xFFA500,
    "purple": 0x800080,
    "red": 0xFF0000,
    "silver": 0xC0C0C0,
    "teal": 0x008080,
    "white": 0xFFFFFF,
    "yellow": 0xFFFF00,
}


def is_colour(text: str) -> bool:
    """Whether `parse_colour` takes it; then it is no path, whatever lies there. `./red` is one."""
    try:
        parse_colour(text)
    except ValueError:
        return False
    return True


def parse_colour(text: str) -> BGR:
    """`#rrggbb`, `#rgb` or one of the CSS basic names (any case); ValueError names what it is not."""
    name = text.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", name):
        name = re.sub(r"([0-9a-f])", r"\1\1", name)
    if re.fullmatch(r"#[0-9a-f]{6}", name):
        value = int(name[1:], 16)
    elif name in _NAMES:
        value = _NAMES[name]
    else:
        raise ValueError(f"{text!r} is no colour: write #rrggbb or one of {', '.join(sorted(_NAMES))}")
    return value & 0xFF, value >> 8 & 0xFF, value >> 16
