from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.remote.pace import Pace


class Time:
    """A clock that only sleeping and the test itself move."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_the_sixty_first_call_waits_for_the_first_to_leave_the_minute() -> None:
    time = Time()
    pace = Pace(60, clock=time.clock, sleep=time.sleep)
    for _ in range(60):
        pace.wait()
        time.now += 0.5
    assert time.slept == []
    pace.wait()
    assert time.slept == [pytest.approx(30.0)]


@given(st.integers(1, 5), st.lists(st.floats(0, 40), max_size=40))
def test_no_minute_has_more_calls_than_allowed(per_minute: int, gaps: list[float]) -> None:
    time = Time()
    pace = Pace(per_minute, clock=time.clock, sleep=time.sleep)
    sent = []
    for gap in gaps:
        time.now += gap
        pace.wait()
        sent.append(time.now)
    assert all(later - earlier >= 60.0 for earlier, later in zip(sent, sent[per_minute:], strict=False))


def test_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Pace(0)
