"""Halo, flicker and trailing of pictures whose faults are known."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.bench import final
from livecut.bench.measures import Map
from livecut.types import Pixels


def _square(left: int = 40) -> Map:
    alpha = np.zeros((72, 128), np.float32)
    alpha[20:60, left : left + 30] = 1.0
    return alpha


def _grey(value: int) -> Pixels:
    return np.full((72, 128, 3), value, np.uint8)


def test_the_halo_is_looked_for_near_the_edge_only() -> None:
    """12 px of a 720-line picture are 1.2 px here: the first pixel on either side."""
    alpha, ideal = _square(), _grey(100)
    far = ideal.copy()
    far[5:15] = 255
    far[35:45, 50:60] = 255
    assert final.halo(far, ideal, alpha) == 0.0
    rim = ideal.copy()
    rim[20:60, 39] = 151
    touched = 40 / (2 * 40 + 2 * 30 + 2 * 38 + 2 * 30)
    assert final.halo(rim, ideal, alpha) == pytest.approx(touched * 51 / 255, rel=0.05)


def test_a_halo_of_the_whole_picture() -> None:
    assert final.halo(_grey(151), _grey(100), _square()) == pytest.approx(0.2)


@pytest.mark.parametrize("alpha", [np.zeros((72, 128), np.float32), np.ones((72, 128), np.float32)])
def test_without_an_edge_there_is_no_halo(alpha: Map) -> None:
    assert final.halo(_grey(255), _grey(0), alpha) == 0.0


def test_trailing_is_looked_for_where_the_edge_was() -> None:
    before, after = _square(40), _square(44)
    edge = final.moved(before, after)
    assert edge.sum() == 2 * 4 * 40
    assert final.trailing(after, after, edge) == 0.0
    assert final.trailing(before, after, edge) == 1.0
    assert final.trailing(before * np.float32(0.5) + after * np.float32(0.5), after, edge) == 0.5
    assert final.trailing(after, after, final.moved(after, after)) is None


def test_only_what_stood_still_should_stand_still() -> None:
    place = np.stack(np.meshgrid(np.arange(128.0), np.arange(72.0)), -1).astype(np.float32)
    place[:, 64:, 0] += 2.0
    believed = np.ones((72, 128), np.bool_)
    left, right = _grey(100), _grey(100)
    left[:, :64] = 151
    right[:, 64:] = 151
    assert final.still_change(_grey(100), left, place, believed) == pytest.approx(0.2)
    assert final.still_change(_grey(100), right, place, believed) == 0.0
    assert final.still_change(_grey(100), left, place, np.zeros_like(believed)) is None


def test_a_few_still_places_under_a_moving_camera_say_nothing() -> None:
    place = np.stack(np.meshgrid(np.arange(128.0), np.arange(72.0)), -1).astype(np.float32)
    believed = np.zeros((72, 128), np.bool_)
    believed[0, :92] = True
    assert final.still_change(_grey(100), _grey(151), place, believed) is None
    believed[0, 92] = True
    assert final.still_change(_grey(100), _grey(151), place, believed) == pytest.approx(0.2)


def test_what_is_uncovered_is_nobody_s_where_a_mask_names_one_of_several() -> None:
    before, after = _square(40), _square(44)
    edge = final.covered(before, after)
    assert edge.sum() == 4 * 40 and edge[30, 72] and not edge[30, 41]
    everybody = np.maximum(before, after)
    assert final.trailing(everybody, after, edge) == 0.0
    assert final.trailing(before, after, edge) == 1.0
