"""Fitting and mirroring: which pixels land where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.kernels.cpu.geometry import Box, Fit, fit, fit_boxes, mirror
from livecut.types import Size

SIDES = st.integers(1, 4000)
SIZES = st.builds(Size, SIDES, SIDES)


def test_four_by_three_into_sixteen_by_nine() -> None:
    assert fit_boxes(Size(640, 480), Size(1280, 720), "cover") == (Box(0, 60, 640, 360), Box(0, 0, 1280, 720))
    assert fit_boxes(Size(640, 480), Size(1280, 720), "contain") == (Box(0, 0, 640, 480), Box(160, 0, 960, 720))
    assert fit_boxes(Size(640, 480), Size(1280, 720), "stretch") == (Box(0, 0, 640, 480), Box(0, 0, 1280, 720))


@given(SIZES, SIZES)
def test_cover_fills_the_target_and_keeps_the_shape_to_a_pixel(source: Size, target: Size) -> None:
    cut, place = fit_boxes(source, target, "cover")
    assert place == (0, 0, *target)
    assert cut.x >= 0 and cut.x + cut.width <= source.width and cut.width >= 1
    assert cut.y >= 0 and cut.y + cut.height <= source.height and cut.height >= 1
    assert cut.width == source.width or cut.height == source.height
    exact = (source.height * target.width / target.height, source.width * target.height / target.width)
    assert abs(cut.width - max(1.0, min(source.width, exact[0]))) <= 0.5
    assert abs(cut.height - max(1.0, min(source.height, exact[1]))) <= 0.5


@given(SIZES, SIZES)
def test_contain_shows_the_whole_source_inside_the_target(source: Size, target: Size) -> None:
    cut, place = fit_boxes(source, target, "contain")
    assert cut == (0, 0, *source)
    assert place.x >= 0 and place.x + place.width <= target.width and place.width >= 1
    assert place.y >= 0 and place.y + place.height <= target.height and place.height >= 1
    assert place.width == target.width or place.height == target.height
    assert abs((target.width - place.width) - 2 * place.x) <= 1


@pytest.mark.parametrize("mode", ["cover", "contain", "stretch"])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_same_size_is_copied_byte_for_byte(mode: Fit, mirrored: bool) -> None:
    bgr = np.random.default_rng(0).integers(0, 256, (7, 11, 3), np.uint8)
    out = np.empty_like(bgr)
    fit(bgr, out, mode=mode, mirrored=mirrored)
    assert np.array_equal(out, bgr[:, ::-1] if mirrored else bgr)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_ramp_stays_a_ramp_when_enlarged_and_shrunk(mirrored: bool) -> None:
    ramp = np.broadcast_to(np.arange(0, 250, 5, dtype=np.uint8)[None, :, None], (20, 50, 3)).copy()
    for shape in ((60, 150), (10, 25), (4, 10), (33, 81)):
        out = np.empty((*shape, 3), np.uint8)
        fit(ramp, out, mode="stretch", mirrored=mirrored)
        centres = (np.arange(shape[1]) + 0.5) * 50 / shape[1] - 0.5
        expected = np.clip(centres, 0, 49) * 5
        row = out[shape[0] // 2, :, 1].astype(float)
        assert np.abs((row[::-1] if mirrored else row) - expected).max() <= 2.6


def test_contain_paints_its_bars_and_nothing_else() -> None:
    bgr = np.full((4, 4, 3), 200, np.uint8)
    out = np.zeros((8, 20, 3), np.uint8)
    fit(bgr, out, mode="contain", bars=(1, 2, 3))
    assert (out[:, :6] == [1, 2, 3]).all() and (out[:, 14:] == [1, 2, 3]).all()
    assert (out[:, 6:14] == 200).all()


@pytest.mark.parametrize("source", [(1, 1), (1, 9), (9, 1), (9000, 12000)], ids=str)
@pytest.mark.parametrize("mode", ["cover", "contain", "stretch"])
def test_extreme_sizes_fill_the_target_with_their_colour(source: tuple[int, int], mode: Fit) -> None:
    bgr = np.full((*source, 3), 77, np.uint8)
    out = np.zeros((36, 64, 3), np.uint8)
    fit(bgr, out, mode=mode, bars=(77, 77, 77), mirrored=True)
    assert (out == 77).all()


def test_mirror_exchanges_left_and_right_also_in_place() -> None:
    bgr = np.random.default_rng(1).integers(0, 256, (3, 6, 3), np.uint8)
    expected = bgr[:, ::-1].copy()
    out = np.empty_like(bgr)
    mirror(bgr, out)
    assert np.array_equal(out, expected)
    mirror(bgr, bgr)
    assert np.array_equal(bgr, expected)


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ValueError, match=r"^no way of fitting named 'zoom'$"):
        fit_boxes(Size(2, 3), Size(3, 2), "zoom")  # type: ignore[arg-type]
