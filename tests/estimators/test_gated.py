"""Rest while nothing moves, never for longer than allowed, and with the age of the answer left visible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import FakeEstimator

from livecut.estimators.gated import Gated
from livecut.protocols import Estimator, Need
from livecut.types import Estimate, Frame, Size

PERIOD_NS = 33_000_000
SETTLED = 6
"""The first look, and five still frames that are looked at."""


def frame(index: int, level: int = 50, size: tuple[int, int] = (90, 160)) -> Frame:
    bgr = np.full((*size, 3), 50, np.uint8)
    bgr[40:60, 40:60] = level
    return Frame(bgr, index, index * PERIOD_NS)


def looked_at(gated: Gated, frames: list[Frame]) -> list[bool]:
    """Which of these frames got an answer of their own."""
    seen = []
    for one in frames:
        estimate = gated.estimate(one)
        assert estimate.matte is not None and estimate.depth is not None
        assert estimate.matte.frame_index == estimate.depth.frame_index
        assert estimate.matte.captured_ns == estimate.matte.frame_index * PERIOD_NS
        seen.append(estimate.matte.frame_index == one.index)
    return seen


def gate(inner: Estimator | None = None, *, periods: int = 10) -> Gated:
    return Gated(inner or FakeEstimator(), threshold=4.0, max_age_ns=periods * PERIOD_NS)


def test_a_still_room_is_looked_at_until_it_has_settled_and_then_once_in_a_while() -> None:
    seen = looked_at(gate(periods=3), [frame(k) for k in range(16)])
    assert seen == [True] * SETTLED + [False, False, False, True, False, False, False, True, False, False]


def test_motion_is_looked_at_at_once() -> None:
    frames = [frame(k) for k in range(8)] + [frame(8, 60), frame(9, 70)] + [frame(k, 70) for k in range(10, 18)]
    seen = looked_at(gate(periods=100), frames)
    assert seen == [True] * SETTLED + [False, False] + [True] * 2 + [True] * 5 + [False] * 3


def test_motion_too_slow_to_be_seen_from_frame_to_frame_is_seen() -> None:
    seen = looked_at(gate(periods=1000), [frame(k, 50 + k) for k in range(40)])
    assert sum(seen[SETTLED:]) >= 30 // 4


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 20)), max_size=60), st.integers(1, 12))
def test_no_answer_is_older_than_allowed_or_of_a_later_frame(steps: list[tuple[int, int]], periods: int) -> None:
    gated = gate(periods=periods)
    index = 0
    for level, gap in steps:
        index += gap
        matte = gated.estimate(frame(index, level)).matte
        assert matte is not None and 0 <= index - matte.frame_index <= periods


def test_time_that_runs_backwards_another_size_and_a_reset_are_looked_at() -> None:
    inner = FakeEstimator()
    gated = gate(inner)
    assert looked_at(gated, [frame(k) for k in range(100, 108)])[-2:] == [False, False]
    assert looked_at(gated, [frame(3)]) == [True]
    assert looked_at(gated, [frame(4, size=(60, 80))]) == [True]
    looked_at(gated, [frame(k, size=(60, 80)) for k in range(5, 12)])
    gated.reset()
    assert looked_at(gated, [frame(12, size=(60, 80))]) == [True]
    assert inner.resets == 1


def test_a_fault_is_raised_and_the_next_frame_is_looked_at() -> None:
    def fault(estimate: Estimate) -> Estimate:
        raise RuntimeError("out of memory")

    gated = gate(FakeEstimator(fault=fault, from_index=8, every=8), periods=1)
    looked_at(gated, [frame(k) for k in range(8)])
    with pytest.raises(RuntimeError, match=r"^out of memory$"):
        gated.estimate(frame(8, 90))
    assert looked_at(gated, [frame(9, 90)]) == [True]


def test_it_is_an_estimator_like_the_one_inside() -> None:
    inner = FakeEstimator(Size(8, 5))
    gated = gate(inner)
    assert isinstance(gated, Estimator)
    assert gated.gives == {Need.MATTE, Need.DEPTH} and gated.plane_size == Size(8, 5)
    gated.close()
    assert inner.closed == 1


def test_a_gate_that_never_opens_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^threshold and age must be above 0, not 0\.0 and 5$"):
        Gated(FakeEstimator(), threshold=0.0, max_age_ns=5)
