"""The meter counts everything once and gives percentiles of recent times."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from livecut.pipeline.meter import Meter, Percentiles


class _Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200))
def test_percentiles_are_members_in_order(times: list[int]) -> None:
    result = Percentiles.of(deque(times))
    assert min(times) / 1e6 <= result.p50_ms <= result.p95_ms <= max(times) / 1e6
    assert result.p50_ms * 1e6 in [float(t) for t in times] or any(abs(result.p50_ms * 1e6 - t) < 1e-3 for t in times)


def test_nothing_measured_is_zero() -> None:
    assert Percentiles.of(deque()) == Percentiles(0.0, 0.0)


def test_rates_repeats_cards_and_age() -> None:
    clock = _Clock()
    meter = Meter(clock)
    for k in range(61):
        clock.now = k * 33_333_333
        meter.frame_in()
        meter.picture_out(20_000_000, new=k % 2 == 0, card=False)
    meter.picture_out(0, new=False, card=True)
    seen = meter.snapshot()
    assert round(seen.fps_in) == 30
    assert 29 < seen.fps_out < 31
    assert round(seen.fps_new) == 15
    assert seen.age == Percentiles(20.0, 20.0)
    assert (seen.frames_in, seen.pictures_out, seen.repeats, seen.cards) == (61, 62, 30, 1)


def test_no_more_pictures_are_new_than_there_are() -> None:
    clock = _Clock()
    meter = Meter(clock)
    for k in range(61):
        clock.now = k * 33_333_333
        meter.picture_out(20_000_000, new=k >= 50 and k % 5 != 0, card=False)
    seen = meter.snapshot()
    assert round(seen.fps_out) == 30
    assert round(seen.fps_new, 1) == round(30 * 8 / 61, 1)


def test_a_stopped_source_has_no_rate() -> None:
    clock = _Clock()
    meter = Meter(clock)
    meter.frame_in()
    meter.frame_in()
    clock.now = 5_000_000_000
    assert meter.snapshot().fps_in == 0.0


def test_a_repeated_fault_is_news_only_once() -> None:
    meter = Meter()
    assert meter.fault("the matte is not finite")
    assert not meter.fault("the matte is not finite")
    assert meter.fault("the backdrop was lost")
    assert (meter.snapshot().faults, meter.snapshot().last_fault) == (3, "the backdrop was lost")


def test_a_fault_is_no_news_for_its_numbers_or_for_taking_turns_with_another() -> None:
    clock = _Clock()
    meter = Meter(clock)
    kinds = ("the matte leaves 0 … 1 (-{0}e+30 … {0}.5)", "the depth is {0} ms older than its frame")
    said = []
    for frame in range(1000):
        clock.now += 33_333_333
        said.append(meter.fault(kinds[frame % 2].format(frame)))
    assert [frame for frame, new in enumerate(said) if new] == [0, 1]
    assert meter.snapshot().last_fault == "the depth is 999 ms older than its frame"
    clock.now += 11_000_000_000
    assert meter.fault(kinds[0].format(7))


def test_stages_are_timed_even_when_they_fail() -> None:
    meter = Meter()
    try:
        with meter.stage("effect"):
            raise RuntimeError
    except RuntimeError:
        pass
    assert set(meter.snapshot().stages) == {"effect"}


def test_totals_are_sums_since_the_start() -> None:
    clock = _Clock()
    meter = Meter(clock)
    meter.frame_in()
    for name in ("all", "all", "effect"):
        with meter.stage(name):
            pass
    clock.now = 100
    meter.picture_out(60, new=True, card=False)
    meter.picture_out(60, new=False, card=False)
    meter.picture_out(0, new=False, card=True)
    seen = meter.totals()
    assert (seen.at_ns, seen.frames_in, seen.rendered, seen.new, seen.age_ns, seen.cards) == (100, 1, 2, 1, 60, 1)
    assert seen.busy_ns > 0
    meter.clear_stages()
    assert meter.totals() == seen


def test_how_often_networks_look_is_a_share_of_recent_frames() -> None:
    meter = Meter()
    assert meter.snapshot().looked == 1.0
    for k in range(200):
        meter.looked(k % 3 == 0)
    assert meter.snapshot().looked == 30 / 90
    meter.clear_stages()
    assert meter.snapshot().looked == 1.0
