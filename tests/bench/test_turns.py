"""A frame is timed to its end, and its processor time until its threads rest."""

from __future__ import annotations

import pytest

from livecut.bench.turns import Turn, calm_down, timed


class Workers:
    """A clock, and threads that use `busy_s` of processor time before they rest."""

    def __init__(self, busy_s: float) -> None:
        self.now = 0.0
        self._busy_s = busy_s

    def clock(self) -> float:
        return self.now

    def cpu(self) -> float:
        return min(self.now, self._busy_s)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("busy_s", "least", "most"), [(0.0, 0.004, 0.006), (0.05, 0.05, 0.061), (9.0, 0.3, 0.306)])
def test_threads_are_left_to_come_to_rest_but_not_for_ever(busy_s: float, least: float, most: float) -> None:
    workers = Workers(busy_s)
    calm_down(workers.cpu, workers.clock, workers.sleep)
    assert least <= workers.now <= most


def test_what_threads_use_until_they_rest_is_the_frames_and_the_wait_is_not() -> None:
    workers = Workers(busy_s=0.018)

    def rest() -> None:
        calm_down(workers.cpu, workers.clock, workers.sleep)

    turn = timed(lambda: workers.sleep(0.010), rest, cpu_s=workers.cpu, clock_s=workers.clock)
    assert turn == pytest.approx((10.0, 10.0, 18.0))


def test_without_rest_a_frame_ends_with_its_work() -> None:
    workers = Workers(busy_s=9.0)
    turn = timed(lambda: workers.sleep(0.010), cpu_s=workers.cpu, clock_s=workers.clock)
    assert turn == pytest.approx(Turn(10.0, 10.0, 10.0)) and workers.now == pytest.approx(0.010)
