"""Text as stamps: the only importer of Pillow's font renderer among the layers."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from livecut.kernels.cpu.composite import BGR
from livecut.kernels.cpu.stamp import Stamp, make_stamp
from livecut.layers.typeface import opened, typeface
from livecut.types import Size

__all__ = ["Lettering"]

_PLATE = (0, 0, 0)
_SHADE = 110
"""Alpha of the soft edge round letters without a plate: it keeps white letters legible before a white wall."""


class Lettering:
    """Draws text of one height, colour and font.

    `height_px` is the height of a line, less where the text would be wider than `widest_px`, or all of its lines higher
    than `highest_px`. `plate` 0 … 1 is how dark
    a rounded plate behind the text is (0 none; the letters have a soft dark edge then). `font` is the path of a
    TrueType or OpenType file, empty for one that has the text's letters. Raises OSError when the font cannot be read.
    """

    def __init__(
        self,
        height_px: int,
        colour: BGR,
        *,
        plate: float = 0.0,
        opacity: float = 1.0,
        font: str = "",
        widest_px: int | None = None,
        highest_px: int | None = None,
    ) -> None:
        if height_px < 1:
            raise ValueError(f"height_px must be at least 1, not {height_px}")
        if not 0.0 <= plate <= 1.0:
            raise ValueError(f"plate must be 0 … 1, not {plate}")
        self._path, self._full_height = font, height_px
        self._widest, self._highest = widest_px, highest_px
        self._ink = colour[::-1]
        self._plate, self._opacity = plate, opacity
        self._set(height_px, "")

    def stamp(self, text: str) -> Stamp | None:
        """The text, which may have several lines; None where there is nothing to be seen.

        Digits are all given the same width, so that a clock stands still.
        """
        lines = text.split("\n")
        if not text.strip():
            return None
        self._set(self._full_height, text)
        size, pad_x, pad_y = self._laid_out(lines)
        # Small letters are wider than their share, so that once need not be enough.
        while (fits := self._fitting(size)) < self._height and self._height > 1:
            self._set(max(1, fits), text)
            size, pad_x, pad_y = self._laid_out(lines)
        letters = self._letters(lines, size, pad_x, pad_y)
        if self._plate:
            under = Image.new("L", size, 0)
            level = round(255 * self._plate)
            ImageDraw.Draw(under).rounded_rectangle((0, 0, *(side - 1 for side in size)), 0.3 * self._height, level)
        else:
            under = self._letters(lines, size, pad_x, pad_y, stroke=max(1, self._height // 16))
            under = under.point(lambda level: level * _SHADE // 255)
        picture = Image.new("RGBA", size, (*_PLATE, 0))
        picture.putalpha(under)
        ink = Image.new("RGBA", size, (*self._ink, 0))
        ink.putalpha(letters)
        pixels = np.asarray(Image.alpha_composite(picture, ink))
        bgr, alpha = np.ascontiguousarray(pixels[..., 2::-1]), np.ascontiguousarray(pixels[..., 3])
        return make_stamp(bgr, alpha, size, opacity=self._opacity)

    def _fitting(self, size: Size) -> int:
        """The present height of a line where text of this size fits, else a smaller one."""
        fits = self._height
        for length, most in ((size.width, self._widest), (size.height, self._highest)):
            if most is not None and length > most:
                fits = min(fits, self._height - 1, self._height * most // length)
        return fits

    def _set(self, height: int, text: str) -> None:
        # The em that makes a line, ascender to descender, about this high.
        em = max(1.0, 0.8 * height)
        self._height = height
        self._font = opened(self._path, em) if self._path else typeface(em, text)
        self._digit_width = max(self._font.getlength(digit) for digit in "0123456789")

    def _laid_out(self, lines: list[str]) -> tuple[Size, int, int]:
        """The size of all of it, and what is left free on each side and above and below."""
        pad_x, pad_y = (round(0.45 * self._height), round(0.2 * self._height)) if self._plate else (2, 2)
        width = max(1, round(max(self._advance(line) for line in lines))) + 2 * pad_x
        return Size(width, len(lines) * self._height + 2 * pad_y), pad_x, pad_y

    def _advance(self, line: str) -> float:
        return sum(self._width(part) for part in _parts(line))

    def _width(self, part: str) -> float:
        return self._digit_width if part.isdecimal() and part.isascii() else self._font.getlength(part)

    def _letters(self, lines: list[str], size: Size, pad_x: int, pad_y: int, stroke: int = 0) -> Image.Image:
        image = Image.new("L", size, 0)
        draw = ImageDraw.Draw(image)
        for row, line in enumerate(lines):
            x, middle = float(pad_x), pad_y + (row + 0.5) * self._height
            for part in _parts(line):
                width = self._width(part)
                spare = max(0.0, width - self._font.getlength(part))
                draw.text((x + spare / 2, middle), part, fill=255, font=self._font, anchor="lm", stroke_width=stroke)
                x += width
        return image


def _parts(line: str) -> list[str]:
    """The line cut into single digits and what stands between them, which keeps its kerning."""
    parts: list[str] = []
    for letter in line:
        digit = letter.isdecimal() and letter.isascii()
        if parts and not digit and not (parts[-1].isdecimal() and parts[-1].isascii()):
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts
