"""Fitting and mirroring: which pixels land where."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livecut.kernels.cpu.geometry import Box, Fit, beside, beyond, fit, fit_boxes, mirror
from livecut.types import WHOLE, Size, View

SIDES = st.integers(1, 4000)
SIZES = st.builds(Size, SIDES, SIDES)
SMALL = st.builds(Size, st.integers(1, 60), st.integers(1, 60))


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


@given(SMALL, SMALL)
def test_bars_and_picture_are_the_whole_target_each_once(source: Size, target: Size) -> None:
    _, place = fit_boxes(source, target, "contain")
    seen = np.zeros((target.height, target.width), np.uint8)
    seen[place.y : place.y + place.height, place.x : place.x + place.width] += 1
    for bar in beside(place, target):
        assert seen[bar].size
        seen[bar] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("view", [WHOLE, View(0.25, 0.5, 0.5), View(0.13, 0.21, 0.713)])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("target", [Size(31, 9), Size(8, 33), Size(3, 50)], ids=str)
def test_the_picture_is_mirrored_where_bars_have_no_colour(target: Size, mirrored: bool, view: View) -> None:
    bgr = np.random.default_rng(4).integers(0, 256, (12, 16, 3), np.uint8)
    out = np.zeros((target.height, target.width, 3), np.uint8)
    fit(bgr, out, mode="contain", mirrored=mirrored, view=view, bars=None)
    _, place = fit_boxes(Size(16, 12), target, "contain")
    alone = np.zeros((place.height, place.width, 3), np.uint8)
    fit(bgr, alone, mode="stretch", mirrored=mirrored, view=view)
    around = (place.y, target.height - place.y - place.height), (place.x, target.width - place.x - place.width), (0, 0)
    assert max(around[0] + around[1]) > 3
    np.testing.assert_array_equal(out, np.pad(alone, around, mode="reflect"))


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


def _bilinear(bgr: NDArray[np.uint8], x: float, y: float, width: float, height: float, to: Size) -> NDArray[np.float64]:
    """A rectangle between pixels, at another size; slow and plain."""
    out = np.empty((to.height, to.width, 3))
    for j in range(to.height):
        for i in range(to.width):
            at_x = min(max(x + (i + 0.5) * width / to.width - 0.5, 0), bgr.shape[1] - 1)
            at_y = min(max(y + (j + 0.5) * height / to.height - 0.5, 0), bgr.shape[0] - 1)
            left, top = int(at_x), int(at_y)
            right, bottom = min(left + 1, bgr.shape[1] - 1), min(top + 1, bgr.shape[0] - 1)
            u, v = at_x - left, at_y - top
            upper = bgr[top, left] * (1 - u) + bgr[top, right] * u
            lower = bgr[bottom, left] * (1 - u) + bgr[bottom, right] * u
            out[j, i] = upper * (1 - v) + lower * v
    return out


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("mode", ["cover", "contain", "stretch"])
@pytest.mark.parametrize("view", [View(0.1, 0.25, 0.5), View(0.331, 0.017, 0.613), View(0.0, 0.4, 0.6)])
def test_a_view_shows_its_part_enlarged(view: View, mode: Fit, mirrored: bool) -> None:
    rng = np.random.default_rng(4)
    smooth = rng.integers(0, 256, (5, 8, 3)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
    target = Size(48, 27)
    cut, place = fit_boxes(Size(64, 40), target, mode)
    out = np.empty((27, 48, 3), np.uint8)
    fit(smooth, out, mode=mode, mirrored=mirrored, view=view, bars=(1, 2, 3))
    left = 1 - view.share - view.x if mirrored else view.x
    expected = _bilinear(
        smooth,
        cut.x + left * cut.width,
        cut.y + view.y * cut.height,
        view.share * cut.width,
        view.share * cut.height,
        Size(place.width, place.height),
    )
    inner = out[place.y : place.y + place.height, place.x : place.x + place.width]
    # OpenCV places samples to a 32nd of a pixel.
    assert np.abs(inner - (expected[:, ::-1] if mirrored else expected)).max() <= 255 / 32 + 1
    outside = np.ones((27, 48), bool)
    outside[place.y : place.y + place.height, place.x : place.x + place.width] = False
    assert (out[outside] == (1, 2, 3)).all()


def test_a_view_of_whole_pixels_is_copied() -> None:
    bgr = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    out = np.empty((20, 30, 3), np.uint8)
    fit(bgr, out, view=View(0.25, 0.1, 0.5))
    assert np.array_equal(out, bgr[4:24, 15:45])
    fit(bgr, out, view=View(0.25, 0.1, 0.5), mirrored=True)
    assert np.array_equal(out, bgr[4:24, 15:45][:, ::-1])


def test_a_moving_view_moves_by_less_than_a_pixel() -> None:
    x = np.mgrid[0:72, 0:128][1]
    bgr = np.repeat((128 + 100 * np.sin(x / 5)[..., None]), 3, axis=2).astype(np.uint8)
    out = np.empty_like(bgr)
    steps = []
    for at in range(9):
        fit(bgr, out, view=View(0.2 + at / 128 / 8, 0.2, 0.55))
        steps.append(out.astype(float).copy())
    moves = [np.abs(b - a).mean() for a, b in pairwise(steps)]
    assert min(moves) > 0.3 * max(moves) > 0


def test_shrinking_averages_inside_a_view_too() -> None:
    board = ((np.indices((180, 320)).sum(axis=0) % 2) * 255).astype(np.uint8)
    out = np.empty((18, 32, 3), np.uint8)
    fit(np.repeat(board[..., None], 3, axis=2), out, view=View(0.123, 0.2, 0.5))
    assert (np.abs(out.astype(int) - 127) <= 8).all()


@given(SMALL, SMALL)
def test_beyond_a_cut_lies_what_was_cut_off(source: Size, target: Size) -> None:
    cut, _ = fit_boxes(source, target, "cover")
    across, down = beyond(cut, source)
    assert 0.0 <= across * cut.width <= min(cut.x, source.width - cut.x - cut.width) + 1e-6
    assert 0.0 <= down * cut.height <= min(cut.y, source.height - cut.y - cut.height) + 1e-6
    assert across * cut.width >= (source.width - cut.width) / 2 - 1
    assert down * cut.height >= (source.height - cut.height) / 2 - 1


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("y", "top"), [(-0.5, 0), (-0.25, 18), (0.5, 72), (-9.0, 0), (9.0, 72)])
def test_a_view_reaches_into_what_was_cut_off_and_no_further(y: float, top: int, mirrored: bool) -> None:
    bgr = np.random.default_rng(6).integers(0, 256, (144, 128, 3), np.uint8)  # 72 of 144 rows are shown, 36 … 107
    out = np.empty((72, 128, 3), np.uint8)
    fit(bgr, out, view=View(0.0, y, 1.0), mirrored=mirrored)
    expected = bgr[top : top + 72]
    np.testing.assert_array_equal(out, expected[:, ::-1] if mirrored else expected)


@pytest.mark.parametrize("view", [View(0.6, 0.0, 0.5), View(-0.1, 0.0, 0.5), View(0.0, 0.0, 0.0), View(0.0, 0.9, 0.5)])
def test_a_view_outside_a_picture_that_is_all_shown_is_refused(view: View) -> None:
    bgr = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match=r"^View\(.*\) lies outside the picture$"):
        fit(bgr, bgr.copy(), mode="stretch", view=view)


def test_where_nothing_is_cut_off_a_view_that_looked_there_is_moved_back() -> None:
    """Frames may have come to another shape since it was chosen, and a picture is to be shown of them all the same."""
    bgr = np.random.default_rng(7).integers(0, 256, (8, 8, 3), np.uint8)
    out = np.empty_like(bgr)
    fit(bgr, out, view=View(0.0, -0.3, 1.0))
    np.testing.assert_array_equal(out, bgr)
    with pytest.raises(ValueError, match=r"^View\(.*\) lies outside the picture$"):
        fit(bgr, out, view=View(0.0, -0.3, 1.5))
