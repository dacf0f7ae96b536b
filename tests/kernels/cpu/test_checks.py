"""What a network may answer and what not."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.checks import all_finite, in_range


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 17, 46])
def test_one_value_that_is_not_finite_is_found_wherever_it_stands(bad: float, at: int) -> None:
    plane = np.full((1, 47), 0.5, np.float32)
    assert all_finite(plane) and in_range(plane, 0.0, 1.0)
    plane[0, at] = bad
    assert not all_finite(plane)
    assert not in_range(plane, 0.0, 1.0)


def test_a_plane_of_nothing_but_nan_is_found() -> None:
    assert not all_finite(np.full((160, 288), np.nan, np.float32))


def test_the_ends_of_the_range_belong_to_it() -> None:
    plane = np.array([[0.0, 1.0]], np.float32)
    assert in_range(plane, 0.0, 1.0)
    assert not in_range(plane, 0.0, 0.999)
    assert not in_range(plane, 0.001, 1.0)
    assert all_finite(np.full((2, 2), np.finfo(np.float32).max, np.float32))
