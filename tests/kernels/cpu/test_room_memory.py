"""A room at rest rests; what changes is followed at once."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.room_memory import RoomMemory
from livecut.types import Plane


def room(level: float, shape: tuple[int, int] = (5, 7)) -> Plane:
    return np.full((4, *shape), level, np.float32)


def test_noise_is_calmed_to_a_third() -> None:
    rng = np.random.default_rng(2)
    memory, seen, shown = RoomMemory((30, 40)), [], []
    for _ in range(60):
        planes = room(100.0, (30, 40)) + rng.normal(0, 0.5, (4, 30, 40)).astype(np.float32)
        seen.append(planes[:3].copy())
        memory(planes)
        shown.append(planes[:3].copy())
    raw, calm = (np.abs(np.diff(np.stack(frames[20:]), axis=0)).mean() for frames in (seen, shown))
    assert calm < raw / 3


def test_a_change_of_six_levels_is_followed_at_once() -> None:
    memory, planes = RoomMemory((5, 7)), room(100.0)
    memory(planes)
    for level in (106.0, 250.0, 3.0):
        planes = room(level)
        memory(planes)
        assert (planes[:3] == level).all()


def test_nothing_ever_lags_by_six_levels_and_what_stays_is_reached() -> None:
    memory, planes = RoomMemory((5, 7)), room(0.0)
    memory(planes)
    for step in range(1, 100):
        planes = room(step * 1.5)
        memory(planes)
        assert 0.0 <= step * 1.5 - planes[0].max() < 6.0
    for _ in range(120):
        planes = room(150.0)
        memory(planes)
    assert np.abs(planes[:3] - 150.0).max() < 0.1


def test_one_colour_that_changes_takes_the_others_along() -> None:
    memory, planes = RoomMemory((5, 7)), room(100.0)
    memory(planes)
    planes = room(101.0)
    planes[2] = 120.0
    memory(planes)
    assert (planes[0] == 101).all() and (planes[2] == 120).all()


def test_the_weights_are_left_alone_and_the_first_picture_is_itself() -> None:
    memory, planes = RoomMemory((5, 7)), room(9.0)
    memory(planes)
    assert (planes == 9).all()
    planes = room(10.0)
    memory(planes)
    assert (planes[3] == 10).all() and (planes[:3] < 10).all()
    memory.forget()
    planes = room(11.0)
    memory(planes)
    assert (planes == 11).all()


def test_planes_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^planes \(4, 5, 7\) are not of 12 places$"):
        RoomMemory((3, 4))(room(1.0))


def test_another_one_goes_on_where_this_one_was() -> None:
    memory, other = RoomMemory((5, 7)), RoomMemory((5, 7))
    assert not other.go_on_from(memory)
    memory(room(100.0))
    assert not RoomMemory((4, 7)).go_on_from(memory)
    assert other.go_on_from(memory)
    planes = room(101.0)
    other(planes)
    assert (planes[:3] < 101).all()
