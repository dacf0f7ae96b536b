"""Pumping is seen where there is some, along with the picture's motion, and the shipped lens has hardly any."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.bench.measures import Map
from livecut.bench.pumping import SHIPPED, Moment, measure_pumping, pumping
from livecut.sources.demo import DemoSource

H, W = 45, 80
BOUND = 0.03


def _moment(radius: float | Map, *, shift: float = 0.0, believed: bool = True) -> Moment:
    """A frame whose picture moved by `shift` to the right since the one before; somebody stands at the right."""
    y, x = np.mgrid[0:H, 0:W].astype(np.float32)
    room = np.ones((H, W), np.bool_)
    room[:, 60:] = False
    plane = np.full((H, W), radius, np.float32) if isinstance(radius, float) else radius
    return Moment(plane, room, np.stack([x - shift, y], axis=-1), np.full((H, W), believed))


def test_a_steady_radius_is_nought_and_a_wave_is_its_deviation() -> None:
    steady = pumping([_moment(7.0)] * 90)
    assert steady is not None and steady.mean == steady.p95 == 0
    wave = pumping([_moment(10 + float(np.sin(2 * np.pi * t / 30))) for t in range(90)])
    assert wave is not None
    assert wave.mean == pytest.approx(0.1 / np.sqrt(2), rel=0.02)
    assert wave.mean > BOUND


def test_what_moves_with_the_picture_is_followed() -> None:
    """A slope that goes along with the camera: each thing keeps its blur, each place of the picture does not."""
    x = np.arange(W, dtype=np.float32)[None].repeat(H, axis=0)
    shift = 0.4
    planes = [np.asarray(20 + 0.3 * (x - shift * t), np.float32) for t in range(60)]
    followed = pumping([_moment(plane, shift=shift) for plane in planes])
    taken_for_still = pumping([_moment(plane) for plane in planes])
    assert followed is not None and taken_for_still is not None
    assert followed.mean < 0.005
    assert taken_for_still.mean > 0.05


def test_who_is_in_the_picture_does_not_count() -> None:
    planes = [np.full((H, W), 9.0, np.float32) for _ in range(60)]
    for t, plane in enumerate(planes):
        plane[:, 60:] += t % 2
    found = pumping([_moment(plane) for plane in planes])
    assert found is not None and found.mean < 1e-3


def test_a_cut_ends_what_is_followed_and_too_short_is_nothing() -> None:
    shots = [_moment(5.0)] * 40 + [_moment(9.0, believed=False)] + [_moment(9.0)] * 40
    found = pumping(shots)
    assert found is not None and found.mean == 0
    assert pumping([_moment(5.0)] * 20) is None
    assert pumping([]) is None


def test_the_shipped_lens_hardly_pumps_on_the_demo() -> None:
    demo = DemoSource()
    found = measure_pumping((demo.render(index) for index in range(45)), SHIPPED)
    assert found is not None
    assert found.points > 200
    assert found.mean < BOUND
