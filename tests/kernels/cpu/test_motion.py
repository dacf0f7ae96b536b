"""The motion gauge against a slow oracle, and what it must see and must not see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livecut.kernels.cpu.motion import MotionGauge
from livecut.types import Size

SIZES = [Size(1, 1), Size(7, 1), Size(1, 9), Size(61, 35), Size(33, 90), Size(97, 181), Size(160, 90)]


def slow(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Means of cells of every fourth row, cell by cell."""
    height, width = one.shape[:2]
    side = max(1, height // 45)
    changes = []
    for top in range(0, height, side):
        for left in range(0, width, side):
            cells = [
                image[top : top + side : 4, left : left + side].astype(np.float64).mean() for image in (one, other)
            ]
            changes.append(abs(float(cells[0] - cells[1])))
    return max(changes)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_it_is_the_largest_change_of_a_cell(size: Size) -> None:
    rng = np.random.default_rng(1)
    first, second, third = rng.integers(0, 256, (3, size.height, size.width, 3), np.uint8)
    gauge = MotionGauge(size)
    assert gauge(first) == pytest.approx(slow(first, np.zeros_like(first)), abs=1e-3)
    gauge.keep()
    assert gauge(first) == 0.0
    assert gauge(second) == pytest.approx(slow(second, first), abs=1e-3)
    gauge.keep()
    assert gauge(third) == pytest.approx(slow(third, second), abs=1e-3)


def test_noise_is_not_motion_and_a_finger_is() -> None:
    rng = np.random.default_rng(0)
    room = np.full((720, 1280, 3), 90, np.uint8)
    gauge = MotionGauge(Size(1280, 720))
    gauge(room + rng.normal(0, 6, room.shape).astype(np.int8).astype(np.uint8))
    gauge.keep()
    noisy = room + rng.normal(0, 6, room.shape).astype(np.int8).astype(np.uint8)
    assert gauge(noisy) < 4.0
    noisy[400:460, 700:712] += 60
    assert gauge(noisy) > 10.0


@given(st.integers(1, 40))
def test_slow_motion_adds_up_against_the_kept_picture(frames: int) -> None:
    gauge = MotionGauge(Size(64, 90))
    picture = np.zeros((90, 64, 3), np.uint8)
    gauge(picture)
    gauge.keep()
    for level in range(1, frames + 1):
        picture[40:60, 20:40] = level
        change = gauge(picture)
    assert change == pytest.approx(frames)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^bgr must be \(4, 6, 3\) uint8, not \(6, 4, 3\) uint8$"):
        MotionGauge(Size(6, 4))(np.zeros((6, 4, 3), np.uint8))
