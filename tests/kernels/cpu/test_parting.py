"""Beside a moving edge nothing is remembered; in what moves as one, everything is."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.parting import Parting
from livecut.types import Plane, Size


def planes(height: int, width: int) -> tuple[Plane, Plane, Plane]:
    return (
        np.zeros((height, width), np.float32),
        np.zeros((height, width), np.float32),
        np.ones((height, width), np.float32),
    )


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (23, 37)])
def test_it_is_the_least_likeness_near_less_the_spread_of_the_motion(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    height, width = size
    dx, dy = (rng.normal(0, 0.6, size).astype(np.float32) for _ in range(2))
    same = rng.uniform(0, 1, size).astype(np.float32)
    wanted = np.empty_like(same)
    for y in range(height):
        for x in range(width):
            near = (slice(max(0, y - 2), y + 3), slice(max(0, x - 2), x + 3))
            spread = max(np.ptp(dx[near]), np.ptp(dy[near]))
            least = same[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].min()
            wanted[y, x] = least * np.clip((2.0 - spread) / 1.5, 0.0, 1.0)
    Parting(Size(width, height))(dx, dy, same)
    assert np.allclose(same, wanted, atol=1e-5)


def test_a_pan_parts_nothing() -> None:
    dx, dy, same = planes(20, 30)
    dx[:], dy[:] = 7.0, -3.0
    Parting(Size(30, 20))(dx, dy, same)
    assert (same == 1).all()


def test_beside_what_moves_otherwise_nothing_stays() -> None:
    dx, dy, same = planes(20, 30)
    dx[:, 15:] = 4.0
    Parting(Size(30, 20))(dx, dy, same)
    assert not same[:, 13:17].any()
    assert (same[:, :13] == 1).all() and (same[:, 17:] == 1).all()


def test_planes_of_another_size_are_refused() -> None:
    dx, dy, same = planes(20, 30)
    with pytest.raises(ValueError, match="same"):
        Parting(Size(30, 20))(dx, dy, same[:10])


def test_on_a_finer_grid_the_same_motion_parts_no_more() -> None:
    coarse, fine = planes(160, 200), planes(288, 360)
    coarse[0][:, 100:], fine[0][:, 180:] = 1.2, 1.2 * 288 / 160
    for (dx, dy, same), size in ((coarse, Size(200, 160)), (fine, Size(360, 288))):
        Parting(size)(dx, dy, same)
    assert coarse[2].min() == pytest.approx((2.0 - 1.2) / 1.5, abs=1e-5)
    assert fine[2].min() == pytest.approx(coarse[2].min(), abs=1e-5)
