"""Marks stand inside their corner, whatever the frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.layers.place import Corner, at_corner, in_lines, with_height
from livecut.types import Size

SIZES = st.builds(Size, st.integers(1, 4000), st.integers(1, 4000))


@pytest.mark.parametrize(
    ("corner", "expected"),
    [
        ("top-left", (5, 5)),
        ("top-right", (65, 5)),
        ("bottom-left", (5, 25)),
        ("bottom-right", (65, 25)),
        ("centre", (35, 15)),
    ],
)
def test_the_corner_and_the_margin(corner: Corner, expected: tuple[int, int]) -> None:
    assert at_corner(Size(30, 20), Size(100, 50), corner, 5) == expected


def test_lengths_scale_with_the_frames_height() -> None:
    assert in_lines(24, Size(1280, 720)) == 24
    assert in_lines(24, Size(1920, 1080)) == 36
    assert in_lines(24, Size(90, 160)) == 5


@given(SIZES, SIZES, st.floats(0.001, 2.0))
def test_a_scaled_picture_keeps_its_shape_where_it_can(picture: Size, frame: Size, share: float) -> None:
    scaled = with_height(picture, share, frame)
    assert scaled.height == max(1, round(share * frame.height))
    assert 1 <= scaled.width <= 4 * frame.width
    if 1 < scaled.width < 4 * frame.width:
        assert abs(scaled.width - scaled.height * picture.width / picture.height) <= 0.5
