"""Smoothing over time: what is damped, what is not, and what is left to the plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from livecut.estimators.smoothed import Smoothed
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Plane, Size, SoftMatte


class Listed:
    """Answers with the mattes of a list, one a call; None ends as an answer without a matte."""

    gives = frozenset({Need.MATTE})
    plane_size: Size | None = Size(3, 2)

    def __init__(self, values: Sequence[float | Plane | None], *, repeat: int = 1) -> None:
        self._values, self._repeat, self._calls = values, repeat, 0
        self.resets = self.closed = 0

    def estimate(self, frame: Frame) -> Estimate:
        index = self._calls // self._repeat
        self._calls += 1
        value = self._values[index]
        depth = DepthMap(np.zeros((2, 3), np.float32), index, index)
        if value is None:
            return Estimate(None, depth)
        plane = np.full((2, 3), value, np.float32) if isinstance(value, float) else value
        return Estimate(SoftMatte(plane, index, index), depth)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed += 1


def answers(estimator: Smoothed, count: int) -> list[Plane]:
    frame = Frame(np.zeros((2, 3, 3), np.uint8), 0, 0)
    planes = []
    for _ in range(count):
        matte = estimator.estimate(frame).matte
        assert matte is not None
        planes.append(matte.alpha.copy())
    return planes


def test_flicker_in_doubt_is_damped_and_what_is_sure_is_not() -> None:
    flicker = answers(Smoothed(Listed([0.45, 0.55, 0.45, 0.55]), 0.9), 4)
    assert abs(flicker[3][0, 0] - flicker[2][0, 0]) < 0.05
    sure = answers(Smoothed(Listed([1.0, 0.0, 1.0]), 0.9), 3)
    assert [float(plane[0, 0]) for plane in sure] == pytest.approx([1.0, 0.0, 1.0], abs=0.01)


def test_a_repeated_answer_is_not_smoothed_twice() -> None:
    once = answers(Smoothed(Listed([0.5, 0.6, 0.5]), 0.9), 3)
    thrice = answers(Smoothed(Listed([0.5, 0.6, 0.5], repeat=3), 0.9), 9)
    assert np.array_equal(thrice[8], once[2])
    assert np.array_equal(thrice[5], thrice[3])


def test_the_inner_plane_is_not_changed_and_number_and_depth_are_kept() -> None:
    planes = [np.full((2, 3), 0.5, np.float32), np.full((2, 3), 0.6, np.float32)]
    smoothed = Smoothed(Listed(planes), 0.9)
    frame = Frame(np.zeros((2, 3, 3), np.uint8), 0, 0)
    smoothed.estimate(frame)
    estimate = smoothed.estimate(frame)
    assert (planes[1] == np.float32(0.6)).all() and (planes[0] == 0.5).all()
    assert estimate.matte is not None and estimate.matte.frame_index == 1 and estimate.matte.captured_ns == 1
    assert estimate.depth is not None and estimate.depth.frame_index == 1


def test_after_a_reset_nothing_of_before_is_left() -> None:
    inner = Listed([0.4, 0.5])
    smoothed = Smoothed(inner, 1.0)
    answers(smoothed, 1)
    smoothed.reset()
    assert answers(smoothed, 1)[0][0, 0] == 0.5
    assert inner.resets == 1


def test_a_plane_of_another_size_or_type_comes_through_as_it_is() -> None:
    odd = np.full((5, 4), 0.3, np.float32)
    planes = answers(Smoothed(Listed([0.5, odd, np.full((2, 3), 0.5)]), 0.9), 3)
    assert np.array_equal(planes[1], odd)
    assert planes[2].dtype == np.float64


def test_nan_reaches_the_plan_and_is_gone_in_the_next_frame() -> None:
    broken = np.full((2, 3), np.nan, np.float32)
    orders: list[list[float | Plane | None]] = [[0.5, broken, 0.5], [broken, 0.5, 0.5]]
    for first in orders:
        planes = answers(Smoothed(Listed(first), 0.9), 3)
        assert [bool(np.isnan(plane).all()) for plane in planes] == [value is broken for value in first]
        assert (planes[2] == 0.5).all()


def test_an_answer_without_a_matte_is_handed_on() -> None:
    estimate = Smoothed(Listed([None]), 0.9).estimate(Frame(np.zeros((2, 3, 3), np.uint8), 0, 0))
    assert estimate.matte is None and estimate.depth is not None


def test_it_is_an_estimator_like_the_one_inside() -> None:
    inner = Listed([0.5])
    smoothed = Smoothed(inner, 0.5)
    assert isinstance(smoothed, Estimator)
    assert smoothed.gives == {Need.MATTE} and smoothed.plane_size == Size(3, 2)
    smoothed.close()
    assert inner.closed == 1


def test_smooth_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^smooth must be 0 … 1, not -0.1$"):
        Smoothed(Listed([]), -0.1)


def test_the_picture_the_network_saw_stays_with_its_matte() -> None:
    seen = np.zeros((2, 3, 3), np.uint8)

    class Seeing(Listed):
        def estimate(self, frame: Frame) -> Estimate:
            return Estimate(SoftMatte(np.full((2, 3), 0.5, np.float32), frame.index, 0, seen))

    smoothed = Smoothed(Seeing([]), 0.9)
    for index in range(2):
        matte = smoothed.estimate(Frame(np.zeros((2, 3, 3), np.uint8), index, 0)).matte
        assert matte is not None
        assert matte.seen is seen
