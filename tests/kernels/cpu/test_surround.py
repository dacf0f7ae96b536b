"""A plane of a part of the picture lies on the grid of the whole where the part lies in the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.kernels.cpu.geometry import Box, fit_boxes
from livecut.kernels.cpu.surround import surround, surrounding
from livecut.types import Plane, Size

SIZES = st.builds(Size, st.integers(1, 90), st.integers(1, 90))


@given(SIZES, SIZES, SIZES)
def test_cells_stay_as_large_unless_most_would_be_of_nothing(source: Size, size: Size, inner: Size) -> None:
    _, place = fit_boxes(source, size, "contain")
    grid = surrounding(inner, place, size)
    for cells, own, side, part in zip(grid, inner, size, place.size, strict=True):
        assert own <= cells <= 2 * own
        assert cells == 2 * own or abs(cells - own * side / part) <= 0.5


def _slowly(plane: Plane, place: Box, size: Size, grid: Size) -> Plane:
    """Both axes by numpy's own interpolation, which sticks to the outermost values."""

    def axis(cells: int, span: int, start: int, width: int, count: int) -> Plane:
        middle = (np.arange(cells) + 0.5) * span / cells
        weights = [
            np.interp((middle - start) * count / width - 0.5, np.arange(count), np.eye(count)[i]) for i in range(count)
        ]
        return np.stack(weights, axis=1).astype(np.float32)

    across = axis(grid.width, size.width, place.x, place.width, plane.shape[1])
    down = axis(grid.height, size.height, place.y, place.height, plane.shape[0])
    return np.asarray(down @ plane @ across.T, np.float32)


@given(SIZES, SIZES, st.builds(Size, st.integers(1, 20), st.integers(1, 20)), st.integers(0, 9))
def test_it_is_a_bilinear_plane_whose_edge_goes_on(source: Size, size: Size, inner: Size, seed: int) -> None:
    _, place = fit_boxes(source, size, "contain")
    grid = surrounding(inner, place, size)
    plane = np.random.default_rng(seed).random((inner.height, inner.width), np.float32)
    out = np.empty((grid.height, grid.width), np.float32)
    surround(plane, place, size, out)
    np.testing.assert_allclose(out, _slowly(plane, place, size, grid), atol=2e-3)


def test_what_lies_in_the_picture_lies_at_its_place() -> None:
    """A ramp over the place, enlarged from the grid of the whole picture, is the ramp again."""
    size, place = Size(1280, 720), Box(100, 0, 1080, 720)
    plane = np.ascontiguousarray(np.tile(np.linspace(0, 1, 288, dtype=np.float32), (160, 1)))
    grid = surrounding(Size(288, 160), place, size)
    out = np.empty((grid.height, grid.width), np.float32)
    surround(plane, place, size, out)
    large = cv2.resize(out, size)[300, 110:1170]
    expected = cv2.resize(plane, (1080, 720))[300, 10:1070]
    assert np.abs(large - expected).max() < 0.004


def test_what_is_not_finite_stays_so() -> None:
    place = Box(2, 0, 4, 4)
    plane = np.full((4, 4), np.nan, np.float32)
    out = np.zeros((4, 8), np.float32)
    surround(plane, place, Size(8, 4), out)
    assert np.isnan(out).all()


def test_other_kinds_of_planes_are_refused() -> None:
    with pytest.raises(ValueError, match="plane must be"):
        surround(np.zeros((4, 4)), Box(0, 0, 4, 4), Size(8, 4), np.zeros((4, 8), np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="out must be"):
        surround(np.zeros((4, 4), np.float32), Box(0, 0, 4, 4), Size(8, 4), np.zeros((4, 16), np.float32)[:, ::2])
