"""Stamps on canvases with and without alpha, over and behind the person, against the plain formulas in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livecut.kernels.cpu.stamp import Stamp, corner_coverage, lay, make_stamp, round_corners
from livecut.types import Canvas, Size

Bytes = NDArray[np.uint8]
SIZES = [Size(1, 1), Size(7, 1), Size(1, 9), Size(33, 21), Size(64, 36)]
LEVELS = np.array([0, 0, 1, 77, 128, 254, 255, 255], np.uint8)


def some_stamp(size: Size, seed: int = 0) -> Stamp:
    rng = np.random.default_rng(seed)
    shape = (size.height, size.width)
    return make_stamp(rng.integers(0, 256, (*shape, 3), np.uint8), rng.choice(LEVELS, shape), size)


def some_canvas(size: Size, *, alpha: bool, seed: int = 1) -> tuple[Canvas, Bytes]:
    """A canvas and the person in it; with alpha it is a cutout of that person, whose own alpha is the canvas's."""
    rng = np.random.default_rng(seed)
    canvas = Canvas.empty(size, alpha=alpha)
    canvas.bgr[:] = rng.integers(0, 256, canvas.bgr.shape, np.uint8)
    person = rng.choice(LEVELS, (size.height, size.width))
    if canvas.alpha is not None:
        canvas.alpha[:] = person
        canvas.bgr[person == 0] = 0
    return canvas, person


def placed(stamp: Stamp, x: int, y: int, size: Size) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Premultiplied colours and alpha, 0 … 1, on a plane of the canvas's size; pixel by pixel."""
    colours, alpha = np.zeros((size.height, size.width, 3)), np.zeros((size.height, size.width))
    for j in range(stamp.size.height):
        for i in range(stamp.size.width):
            if 0 <= y + j < size.height and 0 <= x + i < size.width:
                colours[y + j, x + i] = stamp.colours[j, i] / 255
                alpha[y + j, x + i] = stamp.alpha[j, i] / 255
    return colours, alpha


PLACES = [(0, 0), (-3, 2), (5, -4), (100, 0), (0, -100)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("at", PLACES, ids=str)
@pytest.mark.parametrize("behind", [False, True])
def test_on_an_opaque_canvas(size: Size, at: tuple[int, int], behind: bool) -> None:
    stamp = some_stamp(Size(19, 11))
    canvas, person = some_canvas(size, alpha=False)
    before = canvas.bgr.astype(np.float64)
    colours, alpha = placed(stamp, *at, size)
    seen = 1 - person / 255 if behind else np.ones(person.shape)
    expected = before * (1 - alpha * seen)[..., None] + 255 * colours * seen[..., None]
    lay(stamp, *at, canvas, behind=person if behind else None)
    # Three roundings of half a level.
    assert np.abs(canvas.bgr - expected).max() <= 1.6
    untouched = alpha == 0 if not behind else (alpha == 0) | (person == 255)
    assert np.array_equal(canvas.bgr[untouched], before[untouched])


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("at", PLACES, ids=str)
@pytest.mark.parametrize("behind", [False, True])
def test_on_a_cutout(size: Size, at: tuple[int, int], behind: bool) -> None:
    stamp = some_stamp(Size(19, 11))
    canvas, person = some_canvas(size, alpha=True)
    assert canvas.alpha is not None
    there, straight = canvas.alpha / 255.0, canvas.bgr.astype(np.float64)
    colours, alpha = placed(stamp, *at, size)
    if behind:  # the person over the stamp over nothing
        whole = there + (1 - there) * alpha
        ink = straight * there[..., None] + 255 * colours * (1 - there)[..., None]
    else:  # the stamp over the person over nothing
        whole = alpha + (1 - alpha) * there
        ink = 255 * colours + straight * (there * (1 - alpha))[..., None]
    lay(stamp, *at, canvas, behind=person if behind else None)
    assert np.abs(canvas.alpha - 255 * whole).max() <= 0.51
    assert np.abs(canvas.bgr * whole[..., None] - ink).max() <= 1.0


def test_behind_on_an_opaque_side_of_a_canvas_with_alpha_it_is_as_on_an_opaque_canvas() -> None:
    stamp, size = some_stamp(Size(20, 12)), Size(20, 12)
    plain, person = some_canvas(size, alpha=False)
    clear = Canvas(plain.bgr.copy(), np.full((12, 20), 255, np.uint8))
    lay(stamp, 0, 0, plain, behind=person)
    lay(stamp, 0, 0, clear, behind=person)
    assert clear.alpha is not None and (clear.alpha == 255).all()
    assert np.abs(clear.bgr.astype(int) - plain.bgr).max() <= 2


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_no_sum_wraps_round(level: int, ink: int, share: int, person: int) -> None:
    stamp = make_stamp(np.full((1, 1, 3), ink, np.uint8), np.full((1, 1), share, np.uint8), Size(1, 1))
    for behind in (None, np.full((1, 1), person, np.uint8)):
        canvas = Canvas(np.full((1, 1, 3), level, np.uint8), None)
        lay(stamp, 0, 0, canvas, behind=behind)
        assert min(level, ink) - 2 <= canvas.bgr[0, 0, 0] <= max(level, ink) + 2


def test_what_stands_under_full_transparency_leaves_no_rim() -> None:
    bgr = np.zeros((40, 40, 3), np.uint8)
    bgr[:, :20] = (0, 0, 255)
    bgr[:, 20:] = (0, 255, 0)
    alpha = np.zeros((40, 40), np.uint8)
    alpha[:, :20] = 255
    for side in (7, 90):
        stamp = make_stamp(bgr, alpha, Size(side, side))
        assert stamp.size == Size(side, side)
        assert (stamp.colours[..., 1] == 0).all()
        assert (stamp.colours <= stamp.alpha[..., None]).all()


def test_opacity_thins_the_stamp() -> None:
    full = np.full((4, 4), 255, np.uint8)
    stamp = make_stamp(np.full((4, 4, 3), 200, np.uint8), full, Size(4, 4), opacity=0.5)
    assert (stamp.alpha == 128).all() and (stamp.colours == 100).all()
    with pytest.raises(ValueError, match=r"^opacity must be 0 … 1, not 2.0$"):
        make_stamp(np.zeros((4, 4, 3), np.uint8), full, Size(4, 4), opacity=2.0)


@pytest.mark.parametrize("radius", [0, 1, 2, 9, 40])
def test_corners_are_quarters_of_a_disc(radius: int) -> None:
    coverage = corner_coverage(radius)
    assert coverage.shape == (radius, radius)
    assert np.array_equal(coverage, coverage.T)
    if radius > 1:
        assert abs(coverage.mean() / 255 - np.pi / 4) < 0.5 / radius
        assert (np.diff(coverage.astype(int), axis=1) >= 0).all()


@pytest.mark.parametrize("alpha", [False, True])
def test_corners_go_and_the_rest_stays(alpha: bool) -> None:
    canvas, _ = some_canvas(Size(33, 21), alpha=alpha)
    if canvas.alpha is not None:
        canvas.alpha[:] = 255
        canvas.bgr[:] = 90
    before = canvas.bgr.copy()
    coverage = corner_coverage(10)
    round_corners(coverage, (1, 2, 3), canvas)
    middle = np.ones((21, 33), bool)
    for rows in (slice(0, 10), slice(11, 21)):
        middle[rows, :10] = middle[rows, 23:] = False
    assert np.array_equal(canvas.bgr[middle], before[middle])
    for y, x in ((0, 0), (0, 32), (20, 0), (20, 32)):
        if canvas.alpha is None:
            assert tuple(canvas.bgr[y, x]) == (1, 2, 3)
        else:
            assert canvas.alpha[y, x] == 0 and (canvas.bgr[y, x] == 0).all()
    share = coverage[4, 0] / 255
    if canvas.alpha is None:
        expected = before[4, 0] * share + np.array([1, 2, 3]) * (1 - share)
        assert np.abs(canvas.bgr[4, 0] - expected).max() <= 0.51
        assert np.abs(canvas.bgr[16, 32] - (before[16, 32] * share + np.array([1, 2, 3]) * (1 - share))).max() <= 0.51
    else:
        assert canvas.alpha[4, 0] == canvas.alpha[16, 32] == coverage[4, 0]


def test_what_does_not_fit_is_refused() -> None:
    canvas, person = some_canvas(Size(20, 12), alpha=False)
    with pytest.raises(ValueError, match=r"^corners of 7 pixels do not fit into 20x12$"):
        round_corners(corner_coverage(7), (0, 0, 0), canvas)
    with pytest.raises(ValueError, match=r"^radius must not be below 0, not -1$"):
        corner_coverage(-1)
    with pytest.raises(ValueError, match=r"^behind must be \(12, 20\) uint8, not \(12, 19\) uint8$"):
        lay(some_stamp(Size(3, 3)), 0, 0, canvas, behind=person[:, :19].copy())
