"""The pacer keeps the rate whatever the arrivals do, and comes to meet regular ones in mid-window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.pipeline.pacer import Pacer


def _simulate(pacer: Pacer, arrivals: list[float], until: float) -> list[tuple[float, bool]]:
    """Write one picture a window as the output loop does, on a simulated clock; (time, was it new) of each."""
    now, written = 0.0, []
    pending = sorted(arrivals)
    while now < until:
        now = max(now, pacer.opens_s)
        waiting = [a for a in pending if a <= now]
        coming = [a for a in pending if now < a <= pacer.closes_s]
        arrived = False
        if not waiting:
            arrived = bool(coming)
            now = coming[0] if coming else max(now, pacer.closes_s)
        new = bool(waiting or coming)
        pending = [a for a in pending if a > now]
        written.append((now, new))
        pacer.written(now, arrived=arrived)
    return written


@given(st.floats(5, 120), st.floats(0, 0.2), st.lists(st.floats(0, 10), max_size=400))
def test_the_rate_is_kept_whatever_arrives(fps: float, start: float, arrivals: list[float]) -> None:
    written = _simulate(Pacer(fps, 0.0), arrivals, 10.0)
    assert len(written) == pytest.approx(10 * fps, rel=0.12, abs=2)


def test_a_regular_source_is_met_in_mid_window_without_a_repeat() -> None:
    pacer = Pacer(30, 0.0)
    arrivals = [0.0301 + k / 30 for k in range(900)]
    written = _simulate(pacer, arrivals, 29.0)
    settled = written[120:]
    assert all(new for _, new in settled)
    assert all(min(abs(time - arrival) for arrival in arrivals) < 1e-9 for time, _ in settled[:50])


def test_a_source_twice_as_fast_does_not_speed_the_output_up() -> None:
    written = _simulate(Pacer(30, 0.0), [k / 60 for k in range(1200)], 20.0)
    assert len(written) == pytest.approx(600, abs=12)


def test_a_stall_is_not_made_up_for_by_a_burst() -> None:
    pacer = Pacer(30, 0.0)
    pacer.written(2.0, arrived=False)
    assert pacer.closes_s >= 2.0
    assert pacer.closes_s <= 2.0 + 2 * pacer.period_s


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Pacer(0, 0.0)
