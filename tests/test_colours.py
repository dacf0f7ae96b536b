"""Colours as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from livecut.colours import is_colour, parse_colour

NAMES = "aqua black blue fuchsia gray green grey lime maroon navy olive orange purple red silver teal white yellow"


@given(st.integers(0, 0xFFFFFF), st.booleans())
def test_six_digits_in_either_case(value: int, upper: bool) -> None:
    text = f"#{value:06X}" if upper else f"#{value:06x}"
    assert parse_colour(text) == (value % 256, value // 256 % 256, value // 65536)


@given(st.integers(0, 0xFFF), st.booleans())
def test_three_digits_stand_for_each_twice(value: int, upper: bool) -> None:
    text = f"#{value:03X}" if upper else f"#{value:03x}"
    assert parse_colour(text)[::-1] == ImageColor.getrgb(text)


@pytest.mark.parametrize("name", NAMES.split())
def test_the_basic_names_mean_what_they_mean_elsewhere(name: str) -> None:
    assert parse_colour(name.title())[::-1] == ImageColor.getrgb(name)
    assert is_colour(name)
    assert not is_colour(f"./{name}")


@pytest.mark.parametrize("text", ["", "#12", "#1234", "#12g", "#12345", "#1234567", "#12345g", "mauve", "00b140"])
def test_anything_else_is_refused_with_what_would_do(text: str) -> None:
    assert not is_colour(text)
    with pytest.raises(ValueError, match=rf"^'{text}' is no colour: write #rrggbb or one of aqua, black, .*, yellow$"):
        parse_colour(text)
