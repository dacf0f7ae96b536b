"""Temporal smoothing: calm where in doubt, prompt where sure or moving."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecut.kernels.cpu.temporal import smooth_matte

UNIT = st.floats(0, 1, width=32)


def step(new: float, old: float, ratio: float) -> float:
    state = np.array([[old]], np.float32)
    smooth_matte(np.array([[new]], np.float32), ratio, state)
    return float(state[0, 0])


@settings(deadline=None)  # the first call compiles
@given(UNIT, UNIT, UNIT)
def test_the_answer_lies_between_the_new_value_and_the_old(new: float, old: float, ratio: float) -> None:
    answer = step(new, old, ratio)
    assert min(new, old) - 1e-6 <= answer <= max(new, old) + 1e-6


@settings(deadline=None)  # the first call compiles
@given(UNIT, UNIT)
def test_without_smoothing_the_new_value_stands(new: float, old: float) -> None:
    assert step(new, old, 0.0) == new


@pytest.mark.parametrize("sure", [0.0, 1.0])
@settings(deadline=None)  # the first call compiles
@given(old=UNIT)
def test_a_sure_value_stands_at_once(sure: float, old: float) -> None:
    assert abs(step(sure, old, 1.0) - sure) < 0.01


@settings(deadline=None)  # the first call compiles
@given(st.floats(0.3125, 0.6875, width=32), st.floats(-0.125, 0.125, width=32))
def test_flicker_in_doubt_is_damped_to_less_than_half(new: float, change: float) -> None:
    assert abs(step(new, new + change, 1.0) - (new + change)) <= 0.5 * abs(change) + 1e-6


@settings(deadline=None)  # the first call compiles
@given(UNIT)
def test_a_jump_of_half_the_range_leaves_no_trail(old: float) -> None:
    for new in (old - 0.5, old + 0.5):
        if 0.0 <= new <= 1.0:
            assert step(new, old, 1.0) == pytest.approx(new, abs=1e-6)


def test_the_weight_is_the_fit_to_the_entropy_less_the_disagreement() -> None:
    for new in np.linspace(0.05, 0.95, 19):
        x = (new - 0.5) ** 2
        powers = (5.68842, -0.748699, -57.8051, 291.309, -624.717)
        doubt = 1 - min(1.0, sum(c * x ** (k + 1) for k, c in enumerate(powers)))
        expected = new + 0.1 * doubt * (1 - 0.1 / 0.5) * 0.8
        assert step(float(new), float(new) + 0.1, 0.8) == pytest.approx(expected, abs=1e-5)


def test_a_fault_shows_in_its_own_frame_and_in_no_later_one() -> None:
    for bad in (math.nan, math.inf, -math.inf):
        state = np.full((3, 5), 0.4, np.float32)
        broken = np.full((3, 5), 0.5, np.float32)
        broken[1, 2] = bad
        smooth_matte(broken, 0.9, state)
        assert np.isfinite(state).sum() == 14 and not np.isfinite(state[1, 2])
        smooth_matte(np.full((3, 5), 0.5, np.float32), 0.9, state)
        assert np.isfinite(state).all()
        assert state[1, 2] == 0.5


def test_planes_that_differ_and_ratios_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^matte \(2, 3\) float32 and state \(3, 2\) float32 differ$"):
        smooth_matte(np.zeros((2, 3), np.float32), 0.5, np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match=r"^ratio must be 0 … 1, not 1.1$"):
        smooth_matte(np.zeros((2, 3), np.float32), 1.1, np.zeros((2, 3), np.float32))
