"""Percentiles and ratios of samples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.bench.spread import Spread, median, median_ratio

TIMES = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=60)


@given(TIMES)
def test_percentiles_are_samples_and_rise(samples: list[float]) -> None:
    spread = Spread.of(samples)
    assert {spread.p50, spread.p95, spread.p99} <= set(samples)
    assert spread.p50 <= spread.p95 <= spread.p99
    assert sum(sample <= spread.p95 for sample in samples) >= 0.95 * (len(samples) - 1)


def test_percentiles_of_a_hundred_and_one() -> None:
    assert Spread.of([float(n) for n in range(101)][::-1]) == Spread(50.0, 95.0, 99.0)
    assert Spread(1.23456, 2.0, 3.0).as_dict() == {"p50": 1.2346, "p95": 2.0, "p99": 3.0}


@pytest.mark.parametrize("none", [Spread.of, median, lambda samples: median_ratio(samples, samples)])
def test_nothing_measured_is_an_error(none: object) -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        none([])  # type: ignore[operator]


@given(TIMES)
def test_the_median_has_as_many_on_either_side(samples: list[float]) -> None:
    middle = median(samples)
    assert sum(sample < middle for sample in samples) <= len(samples) / 2
    assert sum(sample > middle for sample in samples) <= len(samples) / 2


def test_the_ratio_is_that_of_pairs() -> None:
    assert median_ratio([1.0, 2.0, 9.0], [2.0, 8.0, 9.0]) == 0.5
    with pytest.raises(ValueError, match="3 samples of ours, 2 of theirs"):
        median_ratio([1.0, 2.0, 3.0], [1.0, 2.0])


def test_a_busy_half_of_the_run_does_not_shift_the_ratio() -> None:
    """Ratios of medians would compare a calm frame with a busy one here."""
    weather = [1.0] * 5 + [7.0] * 5
    ours, theirs = [2.0 * w for w in weather], [5.0 * w for w in weather]
    assert median_ratio(ours, theirs) == pytest.approx(0.4)
