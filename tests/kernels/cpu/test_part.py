"""A plane of one view, laid on another, says the same of every place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.kernels.cpu.part import part_of
from livecut.types import Plane, View

VIEWS = st.builds(View, st.floats(-0.3, 0.5), st.floats(-0.3, 0.5), st.floats(0.3, 1.0))


def _places(view: View, width: int, height: int) -> tuple[Plane, Plane]:
    """Where in the picture the centres of a view's pixels lie."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return view.x + (x + 0.5) / width * view.share, view.y + (y + 0.5) / height * view.share


@given(VIEWS, VIEWS, st.integers(4, 40), st.integers(4, 30))
def test_a_place_keeps_its_value_where_both_views_see_it(made: View, shown: View, width: int, height: int) -> None:
    x, y = _places(made, width, height)
    moved = part_of(np.ascontiguousarray(2 * x + 3 * y, np.float32), made, shown)
    new_x, new_y = _places(shown, width, height)
    both = (new_x > x.min()) & (new_x < x.max()) & (new_y > y.min()) & (new_y < y.max())
    # OpenCV places samples on a grid of 1/32 of a pixel.
    step = 5 * made.share / min(width, height) / 16
    np.testing.assert_allclose(moved[both], (2 * new_x + 3 * new_y)[both], atol=step)
    held = np.clip(new_x, x.min(), x.max()) * 2 + np.clip(new_y, y.min(), y.max()) * 3
    np.testing.assert_allclose(moved, held, atol=step)


@pytest.mark.parametrize("view", [View(0.0, 0.0, 1.0), View(0.2, 0.1, 0.6)])
def test_the_same_view_is_the_same_plane(view: View) -> None:
    plane = np.random.default_rng(1).random((18, 32), np.float32)
    np.testing.assert_allclose(part_of(plane, view, view, beyond=0.0), plane, atol=1e-6)


def test_where_nothing_was_seen_it_is_what_it_is_told() -> None:
    ones = np.ones((20, 20), np.float32)
    moved = part_of(ones, View(0.0, 0.0, 0.5), View(0.25, 0.0, 0.5), beyond=0.0)
    np.testing.assert_array_equal(moved[:, :9], 1.0)
    np.testing.assert_array_equal(moved[:, 11:], 0.0)
    np.testing.assert_array_equal(part_of(ones, View(0.0, 0.0, 0.5), View(0.25, 0.0, 0.5)), ones)
