"""Depth of another estimator, on one scale for all frames."""

from __future__ import annotations

import numpy as np
import pytest
from support.fakes import FakeEstimator

from livecut.estimators.stable_depth import StableDepth
from livecut.estimators.watched import MotionWatch
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Motion, Size, SoftMatte

SIZE = Size(32, 18)


class Pumping:
    """The same depth every time, on another scale; answers for frame `index // every * every`."""

    gives = frozenset({Need.DEPTH})
    plane_size = SIZE

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.resets = self.closes = 0

    def estimate(self, frame: Frame) -> Estimate:
        index = frame.index // self.every * self.every
        ramp = np.linspace(0.1, 0.9, SIZE.width * SIZE.height, dtype=np.float32).reshape(SIZE.height, SIZE.width)
        return Estimate(depth=DepthMap(ramp * np.float32(1 + 0.1 * (-1) ** index), index, index * 10))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closes += 1


def _frame(index: int) -> Frame:
    return Frame(np.zeros((36, 64, 3), np.uint8), index, index * 10)


def _depths(estimator: Estimator, count: int) -> list[DepthMap]:
    answers = []
    for index in range(count):
        depth = estimator.estimate(_frame(index)).depth
        assert depth is not None
        answers.append(DepthMap(depth.nearness.copy(), depth.frame_index, depth.captured_ns))
    return answers


class Cutting(Pumping):
    """Depth of one scene and, from frame 5 on, of another one; the motion is known but then."""

    gives = frozenset({Need.MATTE, Need.DEPTH})

    def estimate(self, frame: Frame) -> Estimate:
        ramp = np.linspace(0.0, 1.0, SIZE.width * SIZE.height, dtype=np.float32).reshape(SIZE.height, SIZE.width)
        nearness = ramp if frame.index < 5 else np.ascontiguousarray(np.roll(ramp, 2, axis=0))
        still = np.zeros_like(ramp)
        motion = None if frame.index == 5 else Motion(still, still, still, frame.index, frame.index - 1)
        when = frame.index, frame.index * 10
        return Estimate(SoftMatte(ramp, *when, motion=motion), DepthMap(nearness, *when))


@pytest.mark.parametrize("watched", [False, True])
def test_a_matte_that_knows_of_no_motion_tells_of_a_cut_where_it_is_watched(watched: bool) -> None:
    own = _depths(StableDepth(Cutting(), 0.9, 0.25, watched=watched), 6)
    fresh = StableDepth(Cutting(), 0.9, 0.25).estimate(_frame(5)).depth
    assert fresh is not None
    assert 0.1 < np.abs(own[4].nearness - fresh.nearness).mean() < 0.25
    assert np.array_equal(own[5].nearness, fresh.nearness) is watched


class WithoutMatte(Cutting):
    """The same depth alone."""

    gives = frozenset({Need.DEPTH})

    def estimate(self, frame: Frame) -> Estimate:
        return Estimate(depth=super().estimate(frame).depth)


def _scene(index: int, cut: int) -> Frame:
    """Stripes one way and, from frame `cut` on, the other way."""
    wave = np.where(np.arange(64) // 8 % 2, 220, 30).astype(np.uint8)
    plane = np.broadcast_to(wave, (36, 64)) if index < cut else np.broadcast_to(wave[:36, None], (36, 64))
    return Frame(np.ascontiguousarray(np.repeat(plane[..., None], 3, 2)), index, index * 10)


@pytest.mark.parametrize("cut", [5, 9])
def test_depth_alone_starts_afresh_where_the_picture_looks_like_none_before(cut: int) -> None:
    watch = MotionWatch()
    stable = StableDepth(WithoutMatte(), 0.9, 0.25, watch=watch)
    fresh = StableDepth(WithoutMatte(), 0.9, 0.25).estimate(_frame(5)).depth
    assert fresh is not None
    for index in range(5):
        stable.estimate(_scene(index, cut))
    depth = stable.estimate(_scene(5, cut)).depth
    assert depth is not None
    assert np.array_equal(depth.nearness, fresh.nearness) is (cut == 5)
    stable.close()


@pytest.mark.parametrize("cut", [5, 9])
def test_a_new_shot_is_told_and_neither_a_first_picture_nor_another_light_is_one(cut: int) -> None:
    stable = StableDepth(WithoutMatte(), 0.9, 0.25, watch=MotionWatch())
    depths = [stable.estimate(_scene(index, cut)).depth for index in range(8)]
    assert [depth.frame_index for depth in depths if depth is not None and depth.is_new_shot] == [5] * (cut == 5)
    stable.close()


def test_a_first_picture_after_another_plan_is_no_cut() -> None:
    one, other = (StableDepth(WithoutMatte(), 0.9, 0.25, watch=MotionWatch()) for _ in range(2))
    for index in range(5):
        one.estimate(_scene(index, 99))
    other.go_on_from(one)
    went_on, fresh = (
        other.estimate(_scene(5, 99)).depth,
        StableDepth(WithoutMatte(), 0.9, 0.25).estimate(_frame(5)).depth,
    )
    assert went_on is not None and fresh is not None
    assert not np.array_equal(went_on.nearness, fresh.nearness)


def test_it_is_an_estimator_that_gives_what_the_inner_one_gives() -> None:
    stable = StableDepth(FakeEstimator(SIZE), 0.9, 0.25)
    assert isinstance(stable, Estimator)
    assert stable.gives == {Need.MATTE, Need.DEPTH}
    assert stable.plane_size == SIZE


def test_pumping_is_gone_and_the_frame_it_is_of_stays() -> None:
    raw, steady = _depths(Pumping(), 20), _depths(StableDepth(Pumping(), 0.9, 0.25), 20)
    assert [depth.frame_index for depth in steady] == list(range(20))
    assert [depth.captured_ns for depth in steady] == [index * 10 for index in range(20)]

    def pumping(depths: list[DepthMap]) -> float:
        return float(np.std([depth.nearness.mean() for depth in depths[5:]]))

    assert pumping(steady) < 0.2 * pumping(raw)


def test_the_matte_passes_untouched() -> None:
    inner = FakeEstimator(SIZE)
    expected = inner.estimate(_frame(0)).matte
    matte = StableDepth(inner, 0.9, 0.25).estimate(_frame(0)).matte
    assert matte is not None
    assert expected is not None
    assert np.array_equal(matte.alpha, expected.alpha)


def test_nought_leaves_depth_as_it_is() -> None:
    raw, same = _depths(Pumping(), 4), _depths(StableDepth(Pumping(), 0.0, 0.25), 4)
    assert all(np.array_equal(a.nearness, b.nearness) for a, b in zip(raw, same, strict=True))


def test_an_answer_kept_for_several_frames_counts_once() -> None:
    """Counted again and again it would pull the average to one frame's own scale."""
    often, once = StableDepth(Pumping(every=5), 0.9, 0.25), StableDepth(Pumping(every=5), 0.9, 0.25)
    repeated = _depths(often, 20)
    seen = [once.estimate(_frame(index)).depth for index in (0, 5, 10, 15)]
    assert seen[-1] is not None
    assert np.array_equal(repeated[-1].nearness, seen[-1].nearness)
    assert repeated[-1].frame_index == 15


def test_reset_reaches_the_inner_one_and_forgets() -> None:
    inner = Pumping()
    stable = StableDepth(inner, 0.9, 0.25)
    first = _depths(stable, 1)[0].nearness
    _depths(stable, 7)
    stable.reset()
    assert inner.resets == 1
    assert np.array_equal(_depths(stable, 1)[0].nearness, first)
    stable.close()
    assert inner.closes == 1


def test_a_missing_or_broken_answer_is_left_to_the_plan() -> None:
    missing = StableDepth(FakeEstimator(SIZE, fault=lambda estimate: Estimate(estimate.matte)), 0.9, 0.25)
    assert missing.estimate(_frame(0)).depth is None

    def broken(estimate: Estimate) -> Estimate:
        assert estimate.depth is not None
        estimate.depth.nearness[3, 4] = np.nan
        return estimate

    depth = StableDepth(FakeEstimator(SIZE, fault=broken), 0.9, 0.25).estimate(_frame(0)).depth
    assert depth is not None
    assert np.isnan(depth.nearness[3, 4])


def test_an_estimator_without_depth_is_refused() -> None:
    inner = FakeEstimator(SIZE)
    inner.gives = frozenset({Need.MATTE})
    with pytest.raises(ValueError, match="there is no depth to be made stable"):
        StableDepth(inner, 0.9, 0.25)
