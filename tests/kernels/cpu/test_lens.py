"""Scatter as gather against scattering itself, disc by disc."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.bands import MOST
from livecut.kernels.cpu.lens import LEAST_RADIUS, RUN, STEPS, Aperture, gather, repeat_border

SIZES = [(1, 1), (1, 9), (9, 1), (5, 3), (17, 33), (20, 70), (3, 130)]
Floats = NDArray[np.float32]


def _flat(planes: Floats, reach: int) -> Floats:
    """Six planes with an empty border and the slack a run may read."""
    padded = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)))
    return np.concatenate([padded.ravel(), np.zeros(RUN, np.float32)])


def _run(planes: Floats, shape: Aperture, wanted: NDArray[np.uint8], *, mirrored: bool = False) -> Floats:
    h, w = planes.shape[1:]
    out = np.full((4, h, w), -1, np.float32)
    edges = shape.edges(mirrored=mirrored)
    gather(_flat(planes, shape.reach), shape.reach, edges, wanted, np.empty((MOST, 8 * (w + RUN)), np.float32), out)
    return out


def _size_at(y: NDArray[np.int64], x: NDArray[np.int64], blades: int, turned_deg: float) -> NDArray[np.float64]:
    """Radius of the disc, or of the disc of the polygon's area, whose rim goes through (y, x)."""
    if blades == 0:
        return np.hypot(y, x)
    sector = 2 * np.pi / blades
    # From the middle of a side, whatever side it is.
    turn = (np.arctan2(y, x) + np.pi / 2 - np.radians(turned_deg)) % sector - sector / 2
    return np.asarray(np.hypot(y, x) * np.cos(turn) / np.sqrt(np.pi / (blades * np.tan(np.pi / blades))))


def _scatter(planes: Floats, blades: int = 0, turned_deg: float = 0.0) -> NDArray[np.float64]:
    """Every pixel paints its own disc or polygon on those that let it come so far."""
    radius, light, most = planes[0].astype(float), planes[1:5].astype(float), planes[5].astype(float)
    h, w = radius.shape
    y, x = np.mgrid[0:h, 0:w]
    out = np.zeros((4, h, w))
    for v in range(h):
        for u in range(w):
            far = _size_at(y - v, x - u, blades, turned_deg)
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
    out = _run(planes, Aperture(largest), np.ones((h, w), np.uint8))
    assert np.abs(out - _scatter(planes)).max() < 1e-3


@pytest.mark.parametrize("blades", [5, 6, 7, 8, 9])
@pytest.mark.parametrize("turned_deg", [0.0, 17.0, 90.0])
def test_gathering_through_blades_is_scattering_polygons(blades: int, turned_deg: float) -> None:
    planes = _planes(17, 33, 4.6)
    out = _run(planes, Aperture(4.6, blades, turned_deg), np.ones((17, 33), np.uint8))
    assert np.abs(out - _scatter(planes, blades, turned_deg)).max() < 1e-3
    other = _run(planes, Aperture(4.6, blades, turned_deg), np.ones((17, 33), np.uint8), mirrored=True)
    assert np.abs(other - _scatter(planes, blades, turned_deg + 180)).max() < 1e-3


@pytest.mark.parametrize("blades", [5, 6, 9])
def test_a_polygon_has_the_area_of_the_disc_and_its_corners(blades: int) -> None:
    shape = Aperture(8.0, blades)
    planes = np.zeros((6, 41, 41), np.float32)
    planes[0], planes[5] = 8.0, 99
    planes[1:5, 20, 20] = 1
    lit = _run(planes, shape, np.ones((41, 41), np.uint8))[0] > 0.5
    assert lit.sum() == pytest.approx(np.pi * 64, rel=0.04)
    assert shape.areas[8 * STEPS] == pytest.approx(np.pi * 64, rel=0.04)
    corner = 8 * np.sqrt(2 * np.pi / (blades * np.sin(2 * np.pi / blades)))
    assert 20 - np.argwhere(lit)[:, 0].min() == pytest.approx(corner, abs=1), "one corner is above"


def test_what_is_not_wanted_is_nought_and_the_rest_is_the_same() -> None:
    planes = _planes(20, 150, 4.0)
    wanted = (np.random.default_rng(1).random((20, 150)) < 0.3).astype(np.uint8)
    wanted[:, 60:120] = 0
    out = _run(planes, Aperture(4.0), wanted)
    whole = _scatter(planes)
    assert np.abs(out - whole)[:, wanted == 1].max() < 1e-3
    far_from_wanted = np.zeros_like(wanted)
    far_from_wanted[:, 60:120] = 1
    assert (out[:, far_from_wanted == 1] == 0).all()


def test_a_disc_spreads_exactly_its_light() -> None:
    for radius in (0.5, 0.9, 1.7, 3.3, 5.0):
        shape = Aperture(radius)
        area = np.interp(radius * STEPS, np.arange(len(shape.areas)), shape.areas)
        planes = np.zeros((6, 21, 21), np.float32)
        planes[0], planes[5] = radius, 99
        planes[1:5, 10, 10] = 1 / area
        out = _run(planes, shape, np.ones((21, 21), np.uint8))
        assert out[0].sum() == pytest.approx(1, rel=1e-4)
        inside = np.hypot(*(np.mgrid[0:21, 0:21] - 10)) <= radius - 0.5
        assert np.ptp(out[0][inside]) < 1e-6, "the disc is flat"


def test_reach_covers_every_disc() -> None:
    assert [Aperture(r).reach for r in (0.5, 0.6, 1.5, 1.6, 5.4)] == [1, 1, 2, 2, 5]
    y, x = np.mgrid[-9:10, -9:10]
    for radius in np.linspace(0.5, 8, 40):
        lit = np.hypot(y, x) < radius + 0.5 - 1e-9
        assert np.abs(y[lit]).max() <= Aperture(radius).reach


def test_a_repeated_border_is_the_pixel_beside_it() -> None:
    planes = _planes(4, 5, 3.0)
    flat = _flat(planes, 2)
    repeat_border(flat, 2, (4, 5))
    expected = np.pad(planes, ((0, 0), (2, 2), (2, 2)), mode="edge")
    assert np.array_equal(flat[: expected.size].reshape(expected.shape), expected)
