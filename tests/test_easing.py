"""Motion without jumps, swings or trembling, whatever the goals and the steps."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.easing import Eased, Goal

SHARES = st.floats(0.0, 1.0)
STEPS = st.lists(st.floats(0.001, 0.1), min_size=1, max_size=60)


@given(SHARES, SHARES, STEPS)
def test_it_goes_one_way_and_never_beyond(start: float, goal: float, steps: list[float]) -> None:
    eased = Eased((start,), 1.0, speed=10.0)
    last = start
    for seconds in steps:
        (value,) = eased.step((goal,), seconds)
        assert min(last, goal) - 1e-12 <= value <= max(last, goal) + 1e-12
        last = value


@given(SHARES, st.lists(st.tuples(SHARES, st.floats(0.001, 0.1)), min_size=1, max_size=60), st.floats(0.1, 2.0))
def test_it_is_never_faster_than_it_may_be(start: float, moves: list[tuple[float, float]], speed: float) -> None:
    eased = Eased((start,), 0.5, speed=speed)
    last = start
    for goal, seconds in moves:
        (value,) = eased.step((goal,), seconds)
        # Arriving closes a gap that cannot be seen.
        assert abs(value - last) <= speed * seconds + 1e-4
        last = value


@given(SHARES, st.lists(st.tuples(SHARES, st.floats(0.001, 0.1)), min_size=1, max_size=60))
def test_it_stays_between_the_goals_it_was_given(start: float, moves: list[tuple[float, float]]) -> None:
    eased = Eased((start,), 0.7, speed=10.0)
    seen = [start]
    for goal, seconds in moves:
        seen.append(goal)
        (value,) = eased.step((goal,), seconds)
        assert min(seen) - 1e-9 <= value <= max(seen) + 1e-9


@given(st.floats(0.2, 5.0), STEPS)
def test_the_length_of_the_steps_does_not_matter(ease_s: float, steps: list[float]) -> None:
    many, one = Eased((0.0,), ease_s, speed=100.0), Eased((0.0,), ease_s, speed=100.0)
    for seconds in steps:
        many.step((1.0,), seconds)
    one.step((1.0,), math.fsum(steps))
    assert math.isclose(many.values[0], one.values[0], abs_tol=2e-4)


def test_it_is_there_when_it_said_and_stands_still_then() -> None:
    eased = Eased((0.0, 1.0), 1.2, speed=10.0)
    for _ in range(36):
        values = eased.step((1.0, 0.5), 1 / 30)
    assert 0.93 < values[0] < 0.97 and 0.515 < values[1] < 0.535
    for _ in range(90):
        values = eased.step((1.0, 0.5), 1 / 30)
    assert values == (1.0, 0.5)


def test_it_starts_gently() -> None:
    eased = Eased((0.0,), 1.0, speed=10.0)
    first, second = eased.step((1.0,), 1 / 30)[0], eased.step((1.0,), 1 / 30)[0]
    assert 0 < first < 0.5 * (second - first)


@given(st.lists(st.floats(-0.039, 0.039), min_size=1, max_size=100))
def test_noise_within_the_slack_moves_nothing(noise: list[float]) -> None:
    goal = Goal((0.04,), calm_s=0.4)
    held = goal.measure((0.5,), 0.03)
    for offset in noise:
        assert goal.measure((0.5 + offset,), 0.03) == held


@given(SHARES, st.floats(0.05, 1.0), st.sampled_from([1, -1]))
def test_after_a_move_the_goal_ends_where_the_measurements_are(start: float, way: float, side: int) -> None:
    goal = Goal((0.04,), calm_s=0.4)
    goal.measure((start,), 0.03)
    for _ in range(300):
        (held,) = goal.measure((start + side * way,), 0.03)
    assert abs(held - (start + side * way)) <= 0.25 * 0.04 + 1e-9
    assert goal.measure((start + side * way,), 0.03) == (held,)


@given(st.floats(0.05, 0.15), st.floats(0.0, 0.3), st.integers(8, 20))
def test_two_places_that_ask_for_each_other_come_to_rest(apart: float, start: float, late: int) -> None:
    """What is measured depends on where the goal was some steps ago, as a network's answer on the view it was shown."""
    goal = Goal((0.04,), calm_s=0.4, widest=(0.2,))
    seen = [start] * late
    held = [start]
    for _ in range(900):
        there = start + apart if seen[-late] < start + apart / 2 else start
        held.append(goal.measure((there,), 0.05)[0])
        seen.append(held[-1])
    first = len(set(held[:300]))
    assert first > 1, "it never moved"
    # It remembers for a while only: it may look again, but does not swing.
    travelled = sum(abs(b - a) for a, b in pairwise(held))
    assert travelled <= 6 * apart


@given(st.floats(0.05, 0.15))
def test_without_a_widest_slack_they_swing_on(apart: float) -> None:
    goal = Goal((0.04,), calm_s=0.4)
    held = [0.0]
    for _ in range(900):
        held.append(goal.measure((apart if held[-1] < apart / 2 else 0.0,), 0.05)[0])
    assert sum(abs(b - a) for a, b in pairwise(held)) > 10 * apart


@given(st.floats(-1.0, 1.0).filter(lambda way: abs(way) > 0.05), st.sampled_from([1, -1]))
def test_going_one_way_widens_no_slack(way: float, side: int) -> None:
    goal = Goal((0.04,), calm_s=0.4, widest=(0.4,))
    goal.measure((0.0,), 0.03)
    for _ in range(300):
        goal.measure((way,), 0.03)
    for _ in range(300):
        (held,) = goal.measure((way + side * 0.06,), 0.03)
    assert abs(held - (way + side * 0.06)) <= 0.25 * 0.06 + 1e-9


def test_what_has_to_be_followed_is_followed_after_any_swing() -> None:
    goal = Goal((0.04,), calm_s=0.4, widest=(0.3,))
    for at in (0.0, 0.2, 0.0, 0.2, 0.0):
        for _ in range(100):
            goal.measure((at,), 0.03)
    held = goal.held
    for _ in range(100):
        assert goal.measure((0.1,), 0.03) == held
    for _ in range(100):
        (now,) = goal.measure((0.1,), 0.03, strict=True)
    assert abs(now - 0.1) <= 0.01 + 1e-9


def test_what_agreed_before_it_left_has_moved_by_itself() -> None:
    """Somebody who sits down and stands up is followed each time."""
    goal = Goal((0.04,), calm_s=0.4, widest=(0.3,))
    for at in (0.0, 0.2, 0.0, 0.2, 0.0, 0.1):
        for _ in range(160):
            (held,) = goal.measure((at,), 0.03)
        assert abs(held - at) <= 0.01 + 1e-9


def test_what_was_forgotten_does_not_count() -> None:
    goal = Goal((0.1,), calm_s=0.4)
    goal.measure((0.1,), 0.03)
    goal.forget()
    assert goal.held is None
    assert goal.measure((0.9,), 0.03) == (0.9,)


def test_wrong_times_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^ease_s and speed must be above 0, not 0.0 and 1.0$"):
        Eased((0.0,), 0.0, 1.0)
    with pytest.raises(ValueError, match=r"^seconds must not be below 0, not -1.0$"):
        Eased((0.0,), 1.0, 1.0).step((1.0,), -1.0)
