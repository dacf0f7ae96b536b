"""Pacing by a clock that the test turns."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.protocols import Source
from livecut.sources.paced import Paced
from livecut.types import Frame, Size


class Clock:
    """Time that passes only by waiting, or when the test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.waits: list[float] = []

    def __call__(self) -> int:
        return round(self.now_s * 1e9)

    def wait(self, seconds: float) -> None:
        self.waits.append(round(seconds, 6))
        self.now_s += seconds


class Untimed:
    name, size, fps, live = "clip", Size(1, 1), 10.0, False

    def __init__(self, count: int) -> None:
        self.left, self.index, self.closed = count, 0, 0

    def read(self) -> Frame | None:
        if self.left == 0:
            return None
        self.left -= 1
        self.index += 1
        return Frame(np.zeros((1, 1, 3), np.uint8), self.index - 1, 0)

    def close(self) -> None:
        self.closed += 1


class Moments(Untimed):
    def __init__(self, moments: list[float]) -> None:
        super().__init__(len(moments))
        self._moments = moments

    @property
    def position_s(self) -> float:
        return self._moments[self.index - 1]


def test_frames_are_due_by_their_own_times_and_stamped_when_released() -> None:
    clock = Clock()
    paced = Paced(Moments([0.0, 0.1, 0.5, 0.6]), clock=clock, wait=clock.wait)
    stamps = []
    while (frame := paced.read()) is not None:
        stamps.append(frame.captured_ns * 1e-9)
    assert stamps == pytest.approx([100.0, 100.1, 100.5, 100.6])
    assert clock.waits == [0.1, 0.4, 0.1]


def test_without_times_the_rate_counts() -> None:
    clock = Clock()
    paced = Paced(Untimed(3), clock=clock, wait=clock.wait)
    assert [frame.captured_ns for frame in (paced.read(), paced.read(), paced.read()) if frame] == [
        100_000_000_000,
        100_100_000_000,
        100_200_000_000,
    ]


def test_a_late_frame_comes_at_once_and_the_next_is_on_time_again() -> None:
    clock = Clock()
    paced = Paced(Untimed(4), clock=clock, wait=clock.wait)
    paced.read()
    clock.now_s += 0.25
    paced.read()
    paced.read()
    assert clock.waits == []
    paced.read()
    assert clock.waits == [0.05]


def test_after_a_long_stall_nothing_is_rushed_through() -> None:
    clock = Clock()
    paced = Paced(Untimed(4), clock=clock, wait=clock.wait)
    paced.read()
    clock.now_s += 60.0
    paced.read()
    paced.read()
    paced.read()
    assert clock.waits == [0.1, 0.1]


def test_it_is_a_live_source_of_the_same_kind() -> None:
    inner = Untimed(0)
    paced = Paced(inner)
    assert isinstance(paced, Source)
    assert (paced.name, paced.size, paced.fps, paced.live) == ("clip", Size(1, 1), 10.0, True)
    assert paced.read() is None
    paced.close()
    assert inner.closed == 1
