"""What is kept by depth: which answers are put together, and when nothing is done."""

from __future__ import annotations

import logging
from typing import Literal

import numpy as np
import pytest
from support.cup import CUP, H, W, person

from livecut.estimators.kept import Kept
from livecut.protocols import Need
from livecut.types import DepthMap, Estimate, Frame, Motion, Plane, Size, SoftMatte


def nearness(cup: float = 0.9) -> Plane:
    depth = np.full((H, W), 0.1, np.float32)
    depth[30:, 110:170] = 0.9
    depth[CUP] = cup
    return depth


class Giver:
    """Answers with what it is given, as old as it is told."""

    def __init__(
        self, alpha: Plane | None, depth: Plane | None, *, held: Plane | None = None, late_ns: int = 0
    ) -> None:
        self.alpha, self.depth, self.held, self.late_ns = alpha, depth, held, late_ns
        self.gives = frozenset(need for need, plane in ((Need.MATTE, alpha), (Need.DEPTH, depth)) if plane is not None)
        self.plane_size: Size | None = Size(W, H)
        self.repeat: Frame | None = None
        self.cut = False
        self.resets = self.closes = 0

    def estimate(self, frame: Frame) -> Estimate:
        frame = self.repeat or frame
        when = frame.index, frame.captured_ns - self.late_ns
        still = np.zeros((H, W), np.float32)
        motion = None if self.cut else Motion(still, still, still + 1, frame.index, frame.index - 1)
        return Estimate(
            None if self.alpha is None else SoftMatte(self.alpha, *when, motion=motion),
            None if self.depth is None else DepthMap(self.depth, *when),
            None if self.held is None else SoftMatte(self.held, *when),
        )

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closes += 1


def frame(index: int = 0) -> Frame:
    return Frame(np.zeros((36, 64, 3), np.uint8), index, index * 33_000_000)


def alpha_of(estimate: Estimate) -> Plane:
    assert estimate.matte is not None
    return estimate.matte.alpha


def test_a_cup_is_added_and_the_networks_own_matte_is_left_alone() -> None:
    giver = Giver(person(), nearness())
    estimate = Kept([giver], "person+held", steady=False).estimate(frame(3))
    assert alpha_of(estimate)[CUP].mean() > 0.9
    assert giver.alpha is not None and np.array_equal(giver.alpha, person())
    assert estimate.matte is not None and estimate.matte.frame_index == 3
    assert estimate.depth is not None and estimate.depth.nearness is giver.depth


def test_depth_of_another_network_is_brought_to_the_mattes_size() -> None:
    small = Giver(None, np.ascontiguousarray(nearness()[::2, ::2]))
    kept = Kept([Giver(person(), None), small], "person+held", steady=False)
    assert kept.gives == {Need.MATTE, Need.DEPTH}
    assert kept.plane_size == Size(W, H)
    estimate = kept.estimate(frame())
    assert alpha_of(estimate)[CUP].mean() > 0.85
    assert estimate.depth is not None and estimate.depth.nearness.shape == (H, W)


def test_near_keeps_what_is_not_joined_to_her_too() -> None:
    depth = nearness(0.1)
    depth[70:100, 220:250] = 0.9
    for keep, added in (("person+held", 0.0), ("near", 1.0)):
        estimate = Kept([Giver(person(), depth)], keep, steady=False).estimate(frame())  # type: ignore[arg-type]
        assert alpha_of(estimate)[75:95, 225:245].mean() == pytest.approx(added)


def test_without_depth_it_does_nothing_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    kept = Kept([Giver(person(), None)], "person+held")
    with caplog.at_level(logging.WARNING):
        for index in range(3):
            estimate = kept.estimate(frame(index))
            assert np.array_equal(alpha_of(estimate), person()) and estimate.depth is None
    assert [record.message for record in caplog.records] == ["matte.keep does nothing: no network gives depth"]


def test_depth_that_is_too_old_is_not_gone_by() -> None:
    givers = [Giver(person(), None), Giver(None, nearness(), late_ns=2_000)]
    assert np.array_equal(alpha_of(Kept(givers, "person+held", max_age_ns=1_999).estimate(frame(1))), person())
    assert alpha_of(Kept(givers, "person+held", max_age_ns=2_000, steady=False).estimate(frame(1)))[CUP].mean() > 0.9


def test_an_answer_that_is_given_again_counts_once() -> None:
    giver = Giver(person(), nearness())
    kept = Kept([giver], "person+held")
    first = alpha_of(kept.estimate(frame(0))).copy()
    giver.repeat = frame(0)
    assert np.array_equal(alpha_of(kept.estimate(frame(1))), first)
    giver.repeat = None
    assert alpha_of(kept.estimate(frame(2)))[CUP].mean() > first[CUP].mean() + 0.1


def test_steady_pictures_go_by_what_was_kept_before_and_others_do_not() -> None:
    giver = Giver(person(), nearness())
    for steady in (True, False):
        giver.depth = nearness()
        kept = Kept([giver], "person+held", steady=steady)
        for index in range(6):
            kept.estimate(frame(index))
        giver.depth = nearness(0.68)
        assert bool(alpha_of(kept.estimate(frame(6)))[CUP].mean() > 0.5) is steady


def test_reset_forgets_and_reaches_all() -> None:
    givers = [Giver(person(), None), Giver(None, nearness())]
    kept = Kept(givers, "person+held")
    for index in range(6):
        kept.estimate(frame(index))
    kept.reset()
    givers[1].depth = nearness(0.68)
    assert np.array_equal(alpha_of(kept.estimate(frame(6))), person())
    kept.close()
    assert [(one.resets, one.closes) for one in givers] == [(1, 1), (1, 1)]


@pytest.mark.parametrize("keep", ["person+held", "near"])
def test_after_a_cut_nothing_is_kept_for_having_been_kept(keep: Literal["person+held", "near"]) -> None:
    told = Giver(person(), nearness(), held=held(CUP))
    for giver in (Giver(person(), nearness()), told):
        kept, fresh = Kept([giver], keep), Kept([giver], keep)
        for index in range(6):
            kept.estimate(frame(index))
        giver.depth, giver.cut = nearness(0.68), True
        np.testing.assert_array_equal(alpha_of(kept.estimate(frame(6))), alpha_of(fresh.estimate(frame(6))))


def test_a_matte_of_another_size_is_followed() -> None:
    giver = Giver(person(), nearness())
    kept = Kept([giver], "person+held", steady=False)
    kept.estimate(frame(0))
    giver.alpha, giver.depth = (np.ascontiguousarray(plane[::2, ::2]) for plane in (person(), nearness()))
    assert alpha_of(kept.estimate(frame(1))).shape == (H // 2, W // 2)


def test_no_matte_stays_none() -> None:
    giver = Giver(person(), nearness())
    kept = Kept([giver], "person+held")
    giver.alpha = None
    assert kept.estimate(frame()).matte is None


def test_one_matte_is_needed() -> None:
    for givers in ([Giver(None, nearness())], [Giver(person(), None)] * 2):
        with pytest.raises(ValueError, match="what is kept is added to one matte"):
            Kept(givers, "near")


def held(*places: tuple[slice, slice]) -> Plane:
    told = person()
    for place in places:
        told[place] = 0.8
    return told


BOOK, LAMP = np.s_[100:130, 80:110], np.s_[70:100, 220:250]


def test_what_the_network_tells_is_kept_and_depth_is_not_asked() -> None:
    depth = np.where(held(BOOK) > 0, np.float32(0.6), np.float32(0.1))
    giver = Giver(person(), depth, held=held(BOOK, LAMP))
    estimate = Kept([giver], "person+held", steady=False).estimate(frame(3))
    assert np.array_equal(alpha_of(estimate), held(BOOK))
    assert giver.alpha is not None and np.array_equal(giver.alpha, person())
    assert estimate.depth is not None and estimate.depth.nearness is giver.depth
    assert estimate.held is not None and estimate.held.alpha is giver.held, "for the plan to look at"


def test_near_keeps_what_is_held_and_what_is_near() -> None:
    depth = nearness()
    depth[LAMP], depth[BOOK] = 0.9, 0.6
    estimate = Kept([Giver(person(), depth, held=held(BOOK))], "near", steady=False).estimate(frame())
    alpha = alpha_of(estimate)
    assert alpha[BOOK].min() >= np.float32(0.8) and alpha[75:95, 225:245].min() == alpha[CUP].max() == 1.0


@pytest.mark.parametrize("keep", ["person+held", "near"])
def test_what_is_held_needs_no_depth(keep: Literal["person+held", "near"], caplog: pytest.LogCaptureFixture) -> None:
    for late_ns in (0, 2_000):
        givers = [Giver(person(), None, held=held(BOOK))]
        if late_ns:
            givers.append(Giver(None, nearness(), late_ns=late_ns))
        estimate = Kept(givers, keep, steady=False, max_age_ns=1_000).estimate(frame(1))
        assert np.array_equal(alpha_of(estimate), held(BOOK))
    assert not caplog.records


def test_what_is_far_is_left_out_of_what_is_told() -> None:
    depth = nearness(0.1)
    depth[BOOK] = 0.6
    giver = Giver(person(), depth, held=held(CUP, BOOK))
    assert np.array_equal(alpha_of(Kept([giver], "person+held", steady=False).estimate(frame())), held(BOOK))


def test_what_is_told_again_counts_once_and_is_forgotten_with_the_rest() -> None:
    giver = Giver(person(), None, held=held(CUP))
    kept, later = Kept([giver], "person+held"), Kept([giver], "person+held")
    first = alpha_of(kept.estimate(frame(0)))[CUP].mean()
    giver.repeat = frame(0)
    assert alpha_of(kept.estimate(frame(1)))[CUP].mean() == first
    giver.repeat = None
    second = alpha_of(kept.estimate(frame(2)))[CUP].mean()
    assert second > first + 0.1
    later.estimate(frame(0))
    later.reset()
    later.go_on_from(kept)
    later.go_on_from(giver)
    assert alpha_of(later.estimate(frame(3)))[CUP].mean() > second
    kept.reset()
    assert alpha_of(kept.estimate(frame(4)))[CUP].mean() == first


@pytest.mark.parametrize("told", [np.ones((5, 4), np.float32), np.ones((H, W))])
def test_what_is_no_plane_of_the_mattes_size_is_left_to_the_plan(told: Plane) -> None:
    estimate = Kept([Giver(person(), nearness(), held=told)], "person+held").estimate(frame())
    assert np.array_equal(alpha_of(estimate), person())
    assert estimate.held is not None and estimate.held.alpha is told


def test_what_is_told_on_another_grid_is_followed() -> None:
    giver = Giver(person(), nearness(), held=held(CUP))
    kept = Kept([giver], "near", steady=False)
    kept.estimate(frame(0))
    giver.alpha, giver.depth, giver.held = (
        np.ascontiguousarray(plane[::2, ::2]) for plane in (person(), nearness(), held(CUP))
    )
    assert alpha_of(kept.estimate(frame(1)))[35:50, 85:100].min() >= np.float32(0.8)


def test_depth_of_before_a_cut_is_not_looked_at_and_what_it_kept_is_forgotten() -> None:
    matte, depth = Giver(person(), None), Giver(None, nearness())
    kept = Kept([matte, depth], "near")
    for index in range(12):
        assert alpha_of(kept.estimate(frame(index)))[CUP].mean() > 0.5 or index < 10
    matte.cut, depth.repeat = True, frame(11)  # a network of its own, asked for every third frame only
    assert np.array_equal(alpha_of(kept.estimate(frame(12))), person())
    matte.cut = False
    assert np.array_equal(alpha_of(kept.estimate(frame(13))), person())
    depth.repeat, depth.depth = None, nearness(cup=0.1)
    assert alpha_of(kept.estimate(frame(14)))[CUP].max() < 0.1
    depth.depth = nearness()
    for index in range(15, 30):
        kept.estimate(frame(index))
    assert alpha_of(kept.estimate(frame(30)))[CUP].mean() > 0.5
