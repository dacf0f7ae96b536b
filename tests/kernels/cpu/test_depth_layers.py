"""Depth in two layers: each side's own depth reaches up to the outline, and behind the other side."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.depth_layers import DepthLayers
from livecut.types import Plane, Size


def _smeared(size: Size, network: tuple[int, int]) -> tuple[Plane, Plane]:
    """A square person at 0.9 before a wall at 0.2, its depth smeared over some of the network's pixels; the cover."""
    h, w = network
    nearness = np.full((h, w), 0.2)
    nearness[h // 2 :, w // 3 : 2 * w // 3] = 0.9
    for _ in range(2):
        padded = np.pad(nearness, 1, mode="edge")
        nearness = np.mean([padded[y : y + h, x : x + w] for y in range(3) for x in range(3)], axis=0)
    cover = np.zeros((size.height, size.width), np.float32)
    cover[size.height // 2 :, size.width // 3 : 2 * size.width // 3] = 1
    return nearness.astype(np.float32), cover


def test_both_layers_are_even_up_to_the_outline_and_beyond() -> None:
    size = Size(180, 96)
    nearness, cover = _smeared(size, (48, 90))
    layers = DepthLayers(size, 1)
    layers.split(nearness, cover)
    assert np.abs(layers.room - 0.2).max() < 0.02
    assert np.abs(layers.person - 0.9).max() < 0.03
    assert layers.person_nearness == pytest.approx(0.9, abs=0.01)
    assert layers.person_weight > 100


def test_a_sloping_wall_keeps_its_slope() -> None:
    size = Size(160, 96)
    wall = np.tile(np.linspace(0.1, 0.5, 80), (48, 1)).astype(np.float32)
    layers = DepthLayers(size, 2)
    layers.split(wall, np.zeros((48, 80), np.float32))
    assert np.abs(layers.room[:, 6:-6] - wall[:, 6:-6]).max() < 0.01


def test_without_anybody_there_is_no_weight() -> None:
    layers = DepthLayers(Size(32, 20), 4)
    nearness = np.random.default_rng(0).random((5, 8)).astype(np.float32)
    layers.split(nearness, np.zeros((5, 8), np.float32))
    assert layers.person_weight == 0
    assert np.isfinite(layers.person).all()


def test_without_a_room_its_depth_is_what_the_network_says() -> None:
    layers = DepthLayers(Size(32, 20), 4)
    nearness = np.random.default_rng(0).random((5, 8)).astype(np.float32)
    layers.split(nearness, np.ones((5, 8), np.float32))
    assert np.abs(layers.room - nearness).max() < 1e-6


def test_places_agree_between_any_two_grids() -> None:
    """A step in the middle of the network's plane lies in the middle of the frame, whatever the block."""
    for size, block, network in (
        (Size(96, 64), 4, (40, 60)),
        (Size(97, 61), 4, (10, 14)),
        (Size(50, 30), 1, (160, 288)),
    ):
        nearness = np.zeros(network, np.float32)
        nearness[:, network[1] // 2 :] = 1
        layers = DepthLayers(size, block)
        layers.split(nearness, np.zeros(layers.shape, np.float32))
        centres = (np.arange(layers.shape[1]) + 0.5) * block
        row = layers.room[layers.shape[0] // 2]
        crossing = np.interp(0.5, row, centres)
        assert crossing == pytest.approx(size.width / 2, abs=block * 0.75 + size.width / network[1] / 2)


@pytest.mark.parametrize("size", [Size(1, 1), Size(1, 9), Size(9, 1), Size(33, 17)])
@pytest.mark.parametrize("block", [1, 4, 20])
@pytest.mark.parametrize("network", [(1, 1), (3, 5)])
def test_awkward_sizes(size: Size, block: int, network: tuple[int, int]) -> None:
    layers = DepthLayers(size, block)
    random = np.random.default_rng(1)
    nearness = random.random(network).astype(np.float32)
    layers.split(nearness, random.random(layers.shape).astype(np.float32))
    for layer in (layers.room, layers.person):
        assert layer.shape == layers.shape
        assert layer.min() >= nearness.min() - 1e-4
        assert layer.max() <= nearness.max() + 1e-4
