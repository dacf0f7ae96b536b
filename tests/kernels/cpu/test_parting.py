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


def around(plane: Plane) -> list[Plane]:
    """Each place's nine neighbours; the border's own stand in for those beyond it."""
    padded = np.pad(plane, 1, mode="edge")
    h, w = plane.shape
    return [padded[y : y + h, x : x + w] for y in range(3) for x in range(3)]


def median(plane: Plane) -> Plane:
    return np.median(around(plane), axis=0).astype(np.float32)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (23, 37)])
def test_it_is_the_least_likeness_near_less_the_spread_of_the_medians_softened(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    height, width = size
    dx, dy = (rng.normal(0, 1.2, size).astype(np.float32) for _ in range(2))
    same = rng.uniform(0, 1, size).astype(np.float32)
    across, down = median(dx), median(dy)
    wanted = np.empty_like(same)
    for y in range(height):
        for x in range(width):
            near = (slice(max(0, y - 2), y + 3), slice(max(0, x - 2), x + 3))
            spread = max(np.ptp(across[near]), np.ptp(down[near]))
            least = same[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].min()
            wanted[y, x] = least * np.clip((2.1 - spread) / 1.5, 0.0, 1.0)
    Parting(Size(width, height))(dx, dy, same)
    assert np.allclose(same, np.mean(around(wanted), axis=0), atol=1e-5)
    assert np.array_equal(dx, across) and np.array_equal(dy, down)


def test_one_place_that_moves_otherwise_is_noise() -> None:
    dx, dy, same = planes(20, 30)
    dx[:] = 3.0
    dx[9, 15] = 0.0
    Parting(Size(30, 20))(dx, dy, same)
    assert same.min() > 0.999
    assert (dx == 3.0).all()


def test_a_pan_parts_nothing() -> None:
    dx, dy, same = planes(20, 30)
    dx[:], dy[:] = 7.0, -3.0
    Parting(Size(30, 20))(dx, dy, same)
    assert same.min() > 0.999


def test_beside_what_moves_otherwise_nothing_stays() -> None:
    dx, dy, same = planes(20, 30)
    dx[:, 15:] = 4.0
    Parting(Size(30, 20))(dx, dy, same)
    assert same[:, 14:16].max() < 1e-6
    assert same[:, 12:18].max() < 0.7
    assert same[:, :12].min() > 0.999 and same[:, 18:].min() > 0.999


def test_what_looks_new_ends_memory_without_a_hard_edge() -> None:
    dx, dy, same = planes(20, 30)
    same[9, 15] = 0.0
    Parting(Size(30, 20))(dx, dy, same)
    assert same[9, 15] < 1e-6
    assert np.abs(np.diff(same, axis=0)).max() < 0.4 and np.abs(np.diff(same, axis=1)).max() < 0.4


def test_planes_of_another_size_are_refused() -> None:
    dx, dy, same = planes(20, 30)
    with pytest.raises(ValueError, match="same"):
        Parting(Size(30, 20))(dx, dy, same[:10])


def test_on_a_finer_grid_the_same_motion_parts_no_more() -> None:
    coarse, fine = planes(160, 200), planes(288, 360)
    coarse[0][:, 100:], fine[0][:, 180:] = 1.2, 1.2 * 288 / 160
    for (dx, dy, same), size in ((coarse, Size(200, 160)), (fine, Size(360, 288))):
        Parting(size)(dx, dy, same)
    assert coarse[2].min() == pytest.approx((2.1 - 1.2) / 1.5, abs=1e-5)
    assert fine[2].min() == pytest.approx(coarse[2].min(), abs=1e-5)
