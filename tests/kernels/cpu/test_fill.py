"""Filling of holes: what is known stays, what is not comes from what is near."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.fill import Filler
from livecut.types import Plane


def planes_of(colour: Plane, weight: Plane) -> Plane:
    return np.concatenate([colour * weight, weight[np.newaxis]]).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (5, 3), (17, 30), (90, 160)])
def test_what_is_known_stays(shape: tuple[int, int]) -> None:
    colour = np.random.default_rng(1).uniform(0, 255, (3, *shape)).astype(np.float32)
    planes = planes_of(colour, np.ones(shape, np.float32))
    Filler(*shape)(planes)
    np.testing.assert_allclose(planes[:3], colour)


@pytest.mark.parametrize("shape", [(1, 9), (7, 1), (5, 3), (17, 30), (90, 160)])
def test_one_colour_fills_any_hole(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    weight = (rng.uniform(0, 1, shape) * (rng.uniform(0, 1, shape) > 0.5)).astype(np.float32)
    weight[0, 0] = 0.01
    planes = planes_of(np.full((3, *shape), 90, np.float32), weight)
    Filler(*shape)(planes)
    np.testing.assert_allclose(planes[:3], 90, rtol=1e-4)
    np.testing.assert_allclose(planes[3], 1)


def test_a_hole_is_filled_from_its_own_side() -> None:
    """Dark on the left, bright on the right, and a person in the middle."""
    colour = np.zeros((3, 40, 60), np.float32)
    colour[:, :, 30:] = 200
    weight = np.ones((40, 60), np.float32)
    weight[:, 20:40] = 0
    planes = planes_of(colour, weight)
    Filler(40, 60)(planes)
    assert planes[0, 20, 21] < 40 and planes[0, 20, 38] > 160
    assert (np.diff(planes[0, 20, 20:40]) > -1).all()
    assert planes[:3].min() >= 0 and planes[:3].max() <= 200.01


def test_without_anything_known_nothing_changes() -> None:
    planes = np.zeros((4, 6, 7), np.float32)
    Filler(6, 7)(planes)
    assert not planes.any()
