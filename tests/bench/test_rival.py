"""The other side's process: turns, errors, its end, and the rest between frames."""

from __future__ import annotations

import multiprocessing

import pytest

from livecut.bench.rival import Rival, calm_down
from livecut.errors import ModelError, SettingsError
from livecut.types import Size


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


def test_turns_are_taken_and_the_process_ends() -> None:
    rival = Rival("livecut-joint-small", Size(64, 36))
    rival.bgr[:] = 90
    turns = [rival.turn() for _ in range(3)]
    assert all(turn.wall_ms > 0 and turn.cpu_ms > 0 for turn in turns)
    rival.close()
    rival.close()
    assert "livecut-ordinary" not in {process.name for process in multiprocessing.active_children()}


def test_what_is_wrong_there_is_raised_here() -> None:
    with pytest.raises(ModelError) as caught:
        Rival("absent", Size(64, 36))
    assert caught.value.message == "no network named 'absent'"
    assert "livecut-joint-small" in caught.value.hint


def test_odd_sides_are_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        Rival("livecut-joint-small", Size(65, 36))
    assert caught.value.message == "65x36 has an odd side, which OpenCV does not turn into I420"
