"""Scatter as gather against scattering itself, disc by disc."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.lens import LEAST_RADIUS, RUN, STEPS, disc_areas, gather, reach_of, repeat_border

SIZES = [(1, 1), (1, 9), (9, 1), (5, 3), (17, 33), (20, 70), (3, 130)]
Floats = NDArray[np.float32]


def _flat(planes: Floats, reach: int) -> Floats:
    """Six planes with an empty border and the slack a run may read."""
    padded = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)))
    return np.concatenate([padded.ravel(), np.zeros(RUN, np.float32)])


def _run(planes: Floats, reach: int, wanted: NDArray[np.uint8]) -> Floats:
    h, w = planes.shape[1:]
    out = np.full((4, h, w), -1, np.float32)
    gather(_flat(planes, reach), reach, wanted, np.empty(8 * (w + RUN), np.float32), out)
    return out


def _scatter(planes: Floats) -> NDArray[np.float64]:
    """Every pixel paints its own disc on those that let it come so far."""
    radius, light, most = planes[0].astype(float), planes[1:5].astype(float), planes[5].astype(float)
    h, w = radius.shape
    y, x = np.mgrid[0:h, 0:w]
    out = np.zeros((4, h, w))
    for v in range(h):
        for u in range(w):
            far = np.hypot(y - v, x - u)
            cover = np.clip(np.minimum(radius[v, u], most) - far + 0.5, 0, 1)
            out += cover * light[:, v, u, None, None]
    return out


def _planes(h: int, w: int, largest: float, seed: int = 0) -> Floats:
    random = np.random.default_rng(seed)
    planes = random.random((6, h, w)).astype(np.float32)
    planes[0] = LEAST_RADIUS + planes[0] * (largest - LEAST_RADIUS)
    planes[5] = LEAST_RADIUS + planes[5] * (largest - LEAST_RADIUS)
    return planes


@pytest.mark.parametrize(("h", "w"), SIZES)
@pytest.mark.parametrize("largest", [0.5, 1.2, 2.5, 5.4])
def test_gathering_is_scattering(h: int, w: int, largest: float) -> None:
    planes = _planes(h, w, largest)
    out = _run(planes, reach_of(largest), np.ones((h, w), np.uint8))
    assert np.abs(out - _scatter(planes)).max() < 1e-3


def test_what_is_not_wanted_is_nought_and_the_rest_is_the_same() -> None:
    planes = _planes(20, 150, 4.0)
    wanted = (np.random.default_rng(1).random((20, 150)) < 0.3).astype(np.uint8)
    wanted[:, 60:120] = 0
    out = _run(planes, reach_of(4.0), wanted)
    whole = _scatter(planes)
    assert np.abs(out - whole)[:, wanted == 1].max() < 1e-3
    far_from_wanted = np.zeros_like(wanted)
    far_from_wanted[:, 60:120] = 1
    assert (out[:, far_from_wanted == 1] == 0).all()


def test_a_disc_spreads_exactly_its_light() -> None:
    for radius in (0.5, 0.9, 1.7, 3.3, 5.0):
        reach = reach_of(radius)
        areas = disc_areas(reach)
        area = np.interp(radius * STEPS, np.arange(len(areas)), areas)
        planes = np.zeros((6, 21, 21), np.float32)
        planes[0], planes[5] = radius, 99
        planes[1:5, 10, 10] = 1 / area
        out = _run(planes, reach, np.ones((21, 21), np.uint8))
        assert out[0].sum() == pytest.approx(1, rel=1e-4)
        inside = np.hypot(*(np.mgrid[0:21, 0:21] - 10)) <= radius - 0.5
        assert np.ptp(out[0][inside]) < 1e-6, "the disc is flat"


def test_reach_covers_every_disc() -> None:
    assert [reach_of(r) for r in (0.5, 0.6, 1.5, 1.6, 5.4)] == [1, 1, 2, 2, 5]
    y, x = np.mgrid[-9:10, -9:10]
    for radius in np.linspace(0.5, 8, 40):
        lit = np.hypot(y, x) < radius + 0.5 - 1e-9
        assert np.abs(y[lit]).max() <= reach_of(radius)


def test_a_repeated_border_is_the_pixel_beside_it() -> None:
    planes = _planes(4, 5, 3.0)
    flat = _flat(planes, 2)
    repeat_border(flat, 2, (4, 5))
    expected = np.pad(planes, ((0, 0), (2, 2), (2, 2)), mode="edge")
    assert np.array_equal(flat[: expected.size].reshape(expected.shape), expected)
