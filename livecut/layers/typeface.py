"""The typeface that letters are drawn in: Pillow's own, or one of the system's where that lacks some of them."""

from __future__ import annotations

import functools
import logging
from typing import Final, TypeAlias

from PIL import ImageFont

from livecut.files import open_file
from livecut.paths import existing

__all__ = ["Typeface", "opened", "typeface"]

log = logging.getLogger(__name__)

Typeface: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_SYSTEM: Final = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "msgothic.ttc",
)
"""Names that Pillow looks for in the folders of Linux, Windows and macOS; those with the most letters come last."""

_SAMPLE_EM: Final = 32.0
_NO_LETTER: Final = "\uffff"


def typeface(em: float, text: str) -> Typeface:
    """A typeface of `em` pixels with the letters of `text`, as far as one is found.

    Pillow's own has those of ASCII and no others, not even ä or é.
    """
    return opened(_file_with(frozenset(letter for letter in text if not letter.isascii())), em)


@functools.lru_cache(maxsize=32)
def opened(file: str, em: float) -> Typeface:
    """The typeface of a font file, Pillow's own for none; kept, so that the file may go. Raises OSError."""
    if not file:
        return ImageFont.load_default(em)
    if existing(file):  # else it is a name that Pillow looks for in the system's folders
        open_file(file).close()
    return ImageFont.truetype(file, em)


@functools.lru_cache(maxsize=32)
def _file_with(letters: frozenset[str]) -> str:
    """The font file with most of the letters, the first of equals; empty for Pillow's own."""
    best, lacking = "", _lacking(opened("", _SAMPLE_EM), letters)
    for name in _SYSTEM:
        if not lacking:
            break
        try:
            face = ImageFont.truetype(name, _SAMPLE_EM)
        except OSError:
            continue
        if len(less := _lacking(face, letters)) < len(lacking):
            best, lacking = str(face.path), less
    if lacking:
        log.warning(
            "no font was found with %s: the letters are drawn as boxes; layers.*.font names one for a layer",
            "".join(sorted(lacking)),
        )
    return best


def _lacking(face: Typeface, letters: frozenset[str]) -> frozenset[str]:
    nothing = bytes(face.getmask(_NO_LETTER))
    return frozenset(letter for letter in letters if letter.isprintable() and bytes(face.getmask(letter)) == nothing)
