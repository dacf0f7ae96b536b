"""Smoothing over time: what is damped, what is not, and what is left to the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from livecut.estimators.smoothed import Smoothed
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Pixels, Plane, Size, SoftMatte


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


SCENE = Size(96, 64)


def spots(seed: int = 1) -> Pixels:
    noise = np.random.default_rng(seed).integers(0, 256, (SCENE.height, SCENE.width, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.5).astype(np.float32)
    return np.clip((soft - 128) * 4 + 128, 0, 255).astype(np.uint8)


class OfFrames:
    """Answers of the frame it is asked about, with a matte for each frame's number."""

    gives = frozenset({Need.MATTE})
    plane_size: Size | None = SCENE

    def __init__(self, mattes: Sequence[Plane]) -> None:
        self._mattes = mattes

    def estimate(self, frame: Frame) -> Estimate:
        return Estimate(SoftMatte(self._mattes[frame.index], frame.index, frame.captured_ns))

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


def run(pictures: Sequence[Pixels], mattes: Sequence[Plane], smooth: float = 0.8) -> list[SoftMatte]:
    smoothed = Smoothed(OfFrames(mattes), smooth)
    found = []
    for index, bgr in enumerate(pictures):
        matte = smoothed.estimate(Frame(bgr, index, index)).matte
        assert matte is not None
        found.append(replace(matte, alpha=matte.alpha.copy()))
    return found


def flat(value: float) -> Plane:
    return np.full((SCENE.height, SCENE.width), value, np.float32)


def test_where_the_picture_stands_still_even_the_sure_are_calmed() -> None:
    found = run([spots()] * 4, [flat(value) for value in (0.9, 0.7, 0.9, 0.7)])
    assert abs(float(found[3].alpha.mean() - found[2].alpha.mean())) < 0.06


def test_the_motion_goes_on_with_the_matte() -> None:
    found = run([spots(), spots(), spots(2)], [flat(0.5)] * 3)
    assert found[0].motion is None and found[2].motion is None
    motion = found[1].motion
    assert motion is not None
    assert (motion.frame_index, motion.since_index) == (1, 0)


def test_a_moving_edge_takes_its_past_along() -> None:
    """A pan of 3 px a frame; the matte is that of the scene, and flickers."""
    big, rng = np.tile(spots(), (1, 2, 1)), np.random.default_rng(3)
    wide = np.where(np.arange(2 * SCENE.width) < 70, 0.8, 0.2).astype(np.float32)
    pictures = [np.ascontiguousarray(big[:, 3 * i : 3 * i + SCENE.width]) for i in range(6)]
    truth = [np.tile(wide[3 * i : 3 * i + SCENE.width], (SCENE.height, 1)) for i in range(6)]
    noisy = [np.clip(t + rng.normal(0, 0.06, t.shape), 0, 1).astype(np.float32) for t in truth]
    found = run(pictures, noisy)
    inner = (slice(8, -8), slice(8, -12))
    errors = [float(np.abs(matte.alpha - t)[inner].mean()) for matte, t in zip(found, truth, strict=True)]
    assert errors[5] < 0.6 * errors[0]
    edge = found[5].alpha[inner].mean(axis=0) - truth[5][inner].mean(axis=0)
    assert np.abs(edge).max() < 0.35


@pytest.mark.parametrize("after", [spots(7), np.clip(spots().astype(int) + 60, 0, 255).astype(np.uint8)])
def test_a_cut_and_a_jump_of_the_exposure_leave_nothing_of_the_old_matte(after: Pixels) -> None:
    found = run([spots(), spots(), after], [flat(1.0), flat(1.0), flat(0.0)], 1.0)
    assert not found[2].alpha.any()


def test_a_fault_that_stays_in_a_still_picture_fades_within_a_second() -> None:
    found = run([spots()] * 31, [flat(1.0)] + [flat(0.0)] * 30, 1.0)
    assert 0.5 < found[1].alpha.max() < 1.0
    assert found[30].alpha.max() < 0.1


class Holding(OfFrames):
    """Tells what is held, too, with a plane for each frame's number; an answer is given `repeat` times."""

    def __init__(self, mattes: Sequence[Plane], held: Sequence[Plane | None], *, repeat: int = 1) -> None:
        super().__init__(mattes)
        self._told, self._repeat = held, repeat

    def estimate(self, frame: Frame) -> Estimate:
        first = frame.index - frame.index % self._repeat
        seen = Frame(frame.bgr, first, first)
        estimate, held = super().estimate(seen), self._told[seen.index]
        return replace(estimate, held=None if held is None else SoftMatte(held, seen.index, seen.captured_ns))


def told(smoothed: Smoothed, pictures: Sequence[Pixels], first: int = 0) -> list[Plane | None]:
    found = []
    for index, bgr in enumerate(pictures[first:], first):
        held = smoothed.estimate(Frame(bgr, index, index)).held
        found.append(None if held is None else held.alpha.copy())
    return found


def moving(count: int) -> list[Pixels]:
    """A pan, and a cut before the fifth picture."""
    big = np.tile(spots(), (1, 2, 1))
    shown = [np.ascontiguousarray(big[:, 3 * i : 3 * i + SCENE.width]) for i in range(count)]
    return shown[:4] + [spots(9)] * (count - 4)


@pytest.mark.parametrize("repeat", [1, 2])
def test_what_is_held_is_remembered_as_a_matte_is(repeat: int) -> None:
    rng = np.random.default_rng(8)
    held: list[Plane] = [rng.random((SCENE.height, SCENE.width), np.float32) for _ in range(8)]
    others = [flat(0.5)] * 8
    expected = []
    alone = Smoothed(Holding(held, [None] * 8, repeat=repeat), 0.8)
    for index, bgr in enumerate(moving(8)):
        matte = alone.estimate(Frame(bgr, index, index)).matte
        assert matte is not None
        expected.append(matte.alpha.copy())
    found = told(Smoothed(Holding(others, held, repeat=repeat), 0.8), moving(8))
    assert all(one is not None and np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
    assert not np.array_equal(expected[2], held[2])


def test_what_is_held_is_new_where_it_was_not_told_before() -> None:
    held = [None, flat(0.9), flat(0.1), None, flat(0.7)]
    found = told(Smoothed(Holding([flat(0.5)] * 5, held), 0.8), [spots()] * 5)
    assert [one is None for one in found] == [one is None for one in held]
    sound = [np.zeros(1, np.float32) if one is None else one for one in found]
    assert [float(one.max()) for one in sound] == pytest.approx([0.0, 0.9, sound[2].min(), 0.0, 0.7])
    assert sound[2].min() > 0.3


@pytest.mark.parametrize("bad", [np.full((3, 4), 0.5, np.float32), flat(0.5).astype(np.float64)[:, :, None]])
def test_what_is_held_is_left_to_the_plan_where_it_is_no_plane_of_the_mattes_size(bad: Plane) -> None:
    smoothed = Smoothed(Holding([flat(0.5)] * 3, [flat(0.2), bad, flat(0.6)]), 0.8)
    found = told(smoothed, [spots()] * 3)
    assert found[1] is not None and np.array_equal(found[1], bad)
    assert found[2] is not None and (found[2] == np.float32(0.6)).all()


def test_nan_in_what_is_held_reaches_the_plan_and_is_gone_in_the_next_frame() -> None:
    found = told(Smoothed(Holding([flat(0.5)] * 3, [flat(0.5), flat(np.nan), flat(0.5)]), 0.8), [spots()] * 3)
    assert found[1] is not None and np.isnan(found[1]).all()
    assert found[2] is not None and (found[2] == 0.5).all()


def test_a_change_of_plan_takes_what_is_held_along() -> None:
    held = [flat(0.9), flat(0.1)]
    first, second = (Smoothed(Holding([flat(0.5)] * 2, held), 0.8) for _ in range(2))
    told(first, [spots()])
    told(second, [spots(3)])
    second.reset()
    second.go_on_from(first)
    (found,) = told(second, [spots()] * 2, 1)
    assert found is not None and (found > 0.3).all()


class Late(Holding):
    """Its answers are of the frame before; what is held is the matte."""

    def __init__(self, planes: Sequence[Plane]) -> None:
        super().__init__(planes, planes)

    def estimate(self, frame: Frame) -> Estimate:
        return super().estimate(Frame(frame.bgr, frame.index - 1, frame.captured_ns - 1))


def both(smoothed: Smoothed, index: int) -> list[Plane]:
    estimate = smoothed.estimate(Frame(spots(), index, index))
    assert estimate.matte is not None and estimate.held is not None
    return [estimate.matte.alpha.copy(), estimate.held.alpha.copy()]


def test_answers_of_earlier_frames_are_forgotten_with_the_rest() -> None:
    smoothed = Smoothed(Late([flat(0.4), flat(0.6), flat(0.6)]), 0.8)
    both(smoothed, 1)
    assert all(0.4 < plane.max() < 0.6 for plane in both(smoothed, 2))
    smoothed.reset()
    assert all((plane == np.float32(0.6)).all() for plane in both(smoothed, 3))


@pytest.mark.parametrize("bad", [np.nan, 1.5])
@pytest.mark.parametrize("which", ["matte", "held"])
def test_a_change_of_plan_takes_nothing_along_that_is_no_coverage(bad: float, which: str) -> None:
    sound, broken = [flat(0.5)] * 2, [flat(bad), flat(0.5)]
    mattes, held = (broken, sound) if which == "matte" else (sound, broken)
    first = Smoothed(Holding(mattes, held), 0.8)
    later = Smoothed(Holding([flat(0.9)] * 2, [flat(0.9)] * 2), 0.8)
    both(first, 0)
    both(later, 0)
    later.reset()
    later.go_on_from(first)
    matte, thing = both(later, 1)
    assert bool(matte.max() < 0.9) is (which == "held")
    assert (thing == np.float32(0.9)).all()
