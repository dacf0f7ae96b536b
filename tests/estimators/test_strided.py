"""Every n-th frame only, and the age of the answer left visible."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.fakes import FakeEstimator

from livecut.estimators.strided import Strided
from livecut.protocols import Estimator, Need
from livecut.types import Estimate, Frame, Size


def frame(index: int) -> Frame:
    import numpy as np

    return Frame(np.zeros((4, 6, 3), np.uint8), index, 1000 + index)


@pytest.mark.parametrize(
    ("n", "seen"), [(1, [0, 1, 2, 3, 4, 5, 6]), (2, [0, 0, 2, 2, 4, 4, 6]), (3, [0, 0, 0, 3, 3, 3, 6])]
)
def test_answers_keep_the_number_and_time_of_the_frame_they_were_made_of(n: int, seen: list[int]) -> None:
    strided = Strided(FakeEstimator(), n)
    mattes = [strided.estimate(frame(index)).matte for index in range(7)]
    assert [matte.frame_index for matte in mattes if matte] == seen
    assert [matte.captured_ns for matte in mattes if matte] == [1000 + index for index in seen]


def test_an_answer_too_old_is_not_given_where_frames_come_slowly() -> None:
    strided = Strided(FakeEstimator(), 4, max_age_ns=2)
    seen = [strided.estimate(frame(index)).matte for index in (0, 1, 2, 3, 4, 6, 9, 10)]
    assert [matte.frame_index for matte in seen if matte] == [0, 0, 0, 3, 3, 6, 9, 9]


def test_its_age_is_that_of_the_frame_it_was_made_of() -> None:
    """What is inside may keep answers itself."""
    strided = Strided(Strided(FakeEstimator(), 4), 2, max_age_ns=2)
    seen = [strided.estimate(frame(index)).matte for index in range(6)]
    assert [matte.frame_index for matte in seen if matte] == [0, 0, 0, 0, 0, 5]


def test_what_is_held_counts_for_its_age() -> None:
    def late(estimate: Estimate) -> Estimate:
        assert estimate.matte is not None
        held = replace(estimate.matte, captured_ns=estimate.matte.captured_ns - 1)
        return replace(estimate, held=held)

    strided = Strided(FakeEstimator(fault=late), 4, max_age_ns=2)
    seen = [strided.estimate(frame(index)) for index in range(4)]
    assert [one.matte.frame_index for one in seen if one.matte] == [0, 0, 2, 2]
    assert seen[1].held is seen[0].held


def test_reset_looks_at_the_very_next_frame() -> None:
    inner = FakeEstimator()
    strided = Strided(inner, 4)
    strided.estimate(frame(0))
    strided.reset()
    matte = strided.estimate(frame(1)).matte
    assert matte is not None and matte.frame_index == 1
    assert inner.resets == 1


def test_a_fault_is_raised_and_the_next_frame_is_looked_at() -> None:
    def fault(estimate: Estimate) -> Estimate:
        if estimate.matte and estimate.matte.frame_index == 2:
            raise RuntimeError("out of memory")
        return estimate

    strided = Strided(FakeEstimator(fault=fault), 2)
    strided.estimate(frame(0))
    strided.estimate(frame(1))
    with pytest.raises(RuntimeError, match=r"^out of memory$"):
        strided.estimate(frame(2))
    matte = strided.estimate(frame(3)).matte
    assert matte is not None and matte.frame_index == 3


def test_it_is_an_estimator_like_the_one_inside() -> None:
    inner = FakeEstimator(Size(8, 5))
    strided = Strided(inner, 2)
    assert isinstance(strided, Estimator)
    assert strided.gives == {Need.MATTE, Need.DEPTH} and strided.plane_size == Size(8, 5)
    strided.close()
    assert inner.closed == 1


def test_every_zeroth_frame_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^every how many frames: at least 1, not 0$"):
        Strided(FakeEstimator(), 0)
