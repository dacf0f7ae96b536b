"""The governor on a simulated pipeline: it walks the ladder down and up, and never to and fro."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from livecut.pipeline.governor import Governor, Load
from livecut.pipeline.meter import Totals

SPAN_S = 0.5
RATE = 30.0


def governor(steps: int, *, rung: int = 0) -> Governor:
    """One that has settled."""
    one = Governor(steps, rate=RATE, max_age_s=0.05, down_after_s=1.0, up_after_s=5.0, rung=rung)
    for _ in range(2):
        assert one.observe(load(9.0)) == rung, "how a plan's first pictures go says nothing"
    return one


def load(share: float, *, fps: float = RATE, cards: int = 0, age_s: float = 0.02, new: int | None = None) -> Load:
    """Half a second in which making a picture takes `share` of the time there is for one."""
    frames = round(fps * SPAN_S)
    rendered = max(1, min(frames, int(frames / max(share, 1e-9))))
    made = share / min(fps, RATE)
    return Load(SPAN_S, rendered, made * rendered, frames, rendered if new is None else new, cards, age_s)


def run(
    one: Governor, costs: list[float], burden: Callable[[float], float], seconds: float, since: float = 0.0
) -> list[tuple[float, int]]:
    """Steps taken, as (second, rung), where a picture on rung k takes `costs[k]` times the burden of the moment."""
    steps = []
    for tick in range(round(seconds / SPAN_S)):
        before, at_s = one.rung, since + tick * SPAN_S
        share = costs[before] * burden(at_s)
        rung = one.observe(load(share, age_s=0.02 * max(1.0, share)))
        assert rung == one.rung
        assert 0 <= rung <= one.steps and before - 1 <= rung <= before + (2 if share > 1.5 else 1)
        if rung != before:
            steps.append((at_s, rung))
    return steps


LADDER = st.lists(st.floats(0.2, 1.0), min_size=0, max_size=8).map(lambda rest: [1.0, *sorted(rest, reverse=True)])


# The step up to the top went wrong by far: it goes back to the rung it came from, not past it.
@example(costs=[1.0, 0.3135, 0.2753], burden=1.9046)
@given(LADDER, st.floats(0.0, 6.0))
def test_constant_load_comes_to_rest(costs: list[float], burden: float) -> None:
    steps = run(governor(len(costs) - 1), costs, lambda _: burden, 3600)
    for start in range(0, 3600, 60):
        in_a_minute = sum(start <= at_s < start + 60 for at_s, _ in steps)
        # A tried step up and back, later and later, is all that is left once the rung is found.
        assert in_a_minute <= (len(costs) - 1 + 6 if start == 0 else 4 if start < 600 else 2)


# Now and then above the bound, by the flutter alone.
@example(costs=[1.0, 0.6875, 0.25], burden=1.125, seed=0)
@given(LADDER, st.floats(0.0, 6.0), st.integers(0, 10**6))
@settings(max_examples=50)
def test_noise_does_not_shake_it(costs: list[float], burden: float, seed: int) -> None:
    jitter = random.Random(seed).uniform
    steps = run(governor(len(costs) - 1), costs, lambda _: burden * jitter(0.85, 1.15), 1200)
    assert sum(at_s >= 600 for at_s, _ in steps) <= 10 * 4


@given(LADDER)
def test_endless_overload_ends_on_the_lowest_rung(costs: list[float]) -> None:
    one = governor(len(costs) - 1)
    run(one, costs, lambda _: 5.0, 3 * len(costs))
    assert one.rung == one.steps
    assert run(one, costs, lambda _: 5.0, 600) == []


@given(LADDER, st.lists(st.tuples(st.floats(0.0, 6.0), st.integers(1, 60)), max_size=12))
def test_it_returns_to_the_top_when_the_load_ends(costs: list[float], profile: list[tuple[float, int]]) -> None:
    one = governor(len(costs) - 1)
    at_s = 0.0
    for burden, seconds in profile:
        run(one, costs, lambda _, burden=burden: burden, seconds, at_s)  # type: ignore[misc]
        at_s += seconds
    run(one, costs, lambda _: 0.3, 200 * len(costs), at_s)
    assert one.rung == 0
    assert run(one, costs, lambda _: 0.3, 600) == []


def test_down_soon_and_up_late() -> None:
    costs = [1.0, 0.8, 0.6, 0.5]
    one = governor(3)
    down = run(one, costs, lambda _: 1.2, 30)
    assert [rung for _, rung in down] == [1, 2]
    assert down[0][0] <= 1.0 and down[1][0] <= 4.0
    up = run(one, costs, lambda _: 0.4, 60, 30)
    assert [rung for _, rung in up] == [1, 0]
    assert up[0][0] - 30 >= 4.5 and up[1][0] - up[0][0] >= 5.0


def test_far_too_slow_goes_down_two_rungs_in_half_the_time() -> None:
    one = governor(3)
    assert [one.observe(load(2.0)) for _ in range(5)] == [2, 2, 2, 3, 3]


def test_a_wrong_step_up_is_taken_back_and_put_off() -> None:
    one = governor(1)
    steps = run(one, [1.0, 0.5], lambda _: 1.1, 300)
    ups = [at_s for at_s, rung in steps if rung == 0]
    waits = [later - earlier for earlier, later in itertools.pairwise(ups)]
    assert len(waits) >= 3
    assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(waits))


def test_when_the_load_has_changed_it_does_not_wait_for_what_went_wrong_before() -> None:
    one = governor(1)
    run(one, [1.0, 0.5], lambda _: 1.1, 300)
    assert one.rung == 1
    up = run(one, [1.0, 0.5], lambda _: 0.4, 10)
    assert [rung for _, rung in up] == [0]


def observed(samples: Iterable[Load], *, rung: int = 1, steps: int = 2) -> list[int]:
    one = governor(steps, rung=rung)
    return [one.observe(sample) for sample in samples]


def test_pictures_that_are_missing_or_late_count_when_making_them_takes_time() -> None:
    assert observed([load(0.7, new=10)] * 3)[-1] == 2
    assert observed([load(0.7, age_s=0.08)] * 3)[-1] == 2
    # A slow sink: less quality would not help.
    assert observed([load(0.3, new=10)] * 60)[-1] == 1
    assert observed([load(0.3, age_s=0.08)] * 60)[-1] == 1


def test_a_slow_camera_and_the_privacy_card_are_no_overload() -> None:
    assert observed([load(0.5, fps=10)] * 60)[-1] == 0
    assert observed([load(0.5, cards=15, new=0)] * 60)[-1] == 0


def test_a_camera_that_is_lost_says_nothing_and_nothing_made_of_frames_does() -> None:
    assert observed([Load(SPAN_S, 0, 0.0, 0, 0, 15, 0.0)] * 1000)[-1] == 1
    assert observed([Load(SPAN_S, 0, 0.0, 15, 0, 0, 0.0)] * 2)[-1] == 2


def test_the_first_pictures_after_a_rest_say_nothing_either() -> None:
    rest, waking = Load(SPAN_S, 0, 0.0, 0, 0, 15, 0.0), Load(SPAN_S, 1, 0.2, 1, 1, 14, 0.2)
    slow = load(2.0)
    assert observed([rest] * 10 + [waking, slow, slow], rung=0, steps=8) == [0] * 13
    assert observed([rest] * 10 + [waking, slow, slow, slow, slow], rung=0, steps=8)[-1] > 0, "but those after them do"


@pytest.mark.parametrize("fps", [5, 10, 15])
def test_a_slow_camera_settles_as_soon_as_another(fps: float) -> None:
    """A dim room or a busy machine slows cameras down, and that is when quality must give."""
    assert observed([load(2.0, fps=fps)] * 20, rung=0, steps=8)[-1] == observed([load(2.0)] * 20, rung=0, steps=8)[-1]


def test_what_is_seen_while_a_plan_is_built_does_not_count() -> None:
    assert observed([load(1.2)] * 4, rung=0, steps=8) == [0, 1, 1, 1]
    assert observed([load(1.2)] * 6, rung=0, steps=8) == [0, 1, 1, 1, 1, 2]


def test_without_rungs_it_stays() -> None:
    assert observed([load(5.0)] * 20 + [load(0.1)] * 40, rung=0, steps=0) == [0] * 60


def test_a_load_is_what_happened_between_two_looks() -> None:
    before = Totals(at_ns=10**9, frames_in=100, rendered=90, busy_ns=10**9, new=80, age_ns=10**9, cards=7)
    after = Totals(at_ns=3 * 10**9, frames_in=160, rendered=140, busy_ns=2 * 10**9, new=120, age_ns=2 * 10**9, cards=9)
    assert Load.between(before, after) == Load(2.0, 50, 1.0, 60, 40, 2, 0.025)
    assert Load.between(after, after) == Load(0.0, 0, 0.0, 0, 0, 0, 0.0)


def test_impossible_governors_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^rung 3 is not one of 0 … 2$"):
        governor(2, rung=3)
    with pytest.raises(ValueError, match=r"^rate, age and waits must be above 0$"):
        Governor(2, rate=0.0, max_age_s=1.0, down_after_s=1.0, up_after_s=1.0)
