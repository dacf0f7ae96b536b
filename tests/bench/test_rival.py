"""The other side's process: turns, errors, and its end."""

from __future__ import annotations

import multiprocessing

import pytest

from livecut.bench.rival import Rival
from livecut.errors import ModelError, SettingsError
from livecut.types import Size


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
