"""Letters that Pillow's own typeface lacks come from one of the system's; what none has is told once."""

from __future__ import annotations

import logging
import string
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PIL import ImageFont

from livecut.layers import typeface as module


@dataclass
class Face:
    """A typeface with some letters; each of all the others looks like a box."""

    path: str
    letters: str
    em: float

    def getmask(self, letter: str) -> bytes:
        return letter.encode() if letter in self.letters else b"box"


_INSTALLED = {"DejaVuSans.ttf": "äß", "arial.ttf": "äßЖ"}


@pytest.fixture(autouse=True)
def _some_system(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def opened(name: str, em: float) -> Face:
        if name not in _INSTALLED:
            raise OSError("cannot open resource")
        return Face(name, string.printable + _INSTALLED[name], em)

    monkeypatch.setattr(ImageFont, "truetype", opened)
    monkeypatch.setattr(ImageFont, "load_default", lambda em: Face("", string.printable, em))
    # What is kept must not be the system's here, nor these afterwards.
    for kept in (module._file_with, module.opened):
        kept.cache_clear()
    yield
    for kept in (module._file_with, module.opened):
        kept.cache_clear()


def taken(text: str) -> object:
    return module.typeface(20.0, text)


@pytest.mark.parametrize(
    ("text", "path"),
    [("Anna 12:30", ""), ("", ""), ("Jäger\nStraße", "DejaVuSans.ttf"), ("ä Ж", "arial.ttf"), ("Ж 日", "arial.ttf")],
)
def test_the_first_that_has_most_of_the_letters_is_taken(text: str, path: str) -> None:
    assert taken(text) == Face(path, string.printable + _INSTALLED.get(path, ""), 20.0)


def test_letters_that_no_font_has_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert taken("日本") == Face("", string.printable, 20.0)
    assert [record.getMessage() for record in caplog.records] == [
        "no font was found with 日本: the letters are drawn as boxes; layers.*.font names one for a layer"
    ]
