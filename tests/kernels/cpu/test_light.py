"""Weighted light of blocks, and levels back from light, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.light import level_table, light_sums, to_levels
from livecut.types import Plane8

SIZES = [(1, 1, 1), (1, 1, 4), (7, 5, 4), (16, 24, 4), (13, 34, 3), (9, 1, 2), (5, 64, 8)]


def half_pure(alpha: Plane8) -> Plane8:
    """With stretches of nobody and of a person, wide enough that nothing is weighed there."""
    width = alpha.shape[1]
    alpha[:, : width // 3] = 0
    alpha[:, width // 2 : -7] = 255
    return alpha


@pytest.mark.parametrize(("height", "width", "block"), [*SIZES, (9, 401, 4), (20, 333, 3), (4, 130, 1)])
@pytest.mark.parametrize("person", [False, True])
@pytest.mark.parametrize("bloom", [0.0, 4.0])
def test_sums_are_those_of_numpy(height: int, width: int, block: int, person: bool, bloom: float) -> None:
    random = np.random.default_rng(height * width)
    bgr = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    alpha = random.choice(np.array([0, 10, 100, 140, 250, 255], np.uint8), (height, width))
    if width > 100:
        alpha = half_pure(alpha)
    h, w = -(-height // block), -(-width // block)
    out = np.empty((5, h, w), np.float32)
    light_sums(bgr.reshape(height, -1), alpha, person, block, np.float32(bloom), out)
    x = bgr / 255
    light = x * (x * (x * 0.305306011 + 0.682171111) + 0.012522878)
    light += bloom * light**5
    side = alpha / 255 if person else 1 - alpha / 255
    weight = np.maximum(2 * side - 1, 0) ** 4
    for v in range(h):
        for u in range(w):
            part = np.s_[v * block : (v + 1) * block, u * block : (u + 1) * block]
            assert out[0, v, u] == pytest.approx(weight[part].mean(), abs=0.012)
            assert out[4, v, u] == pytest.approx(alpha[part].mean() / 255, abs=1e-5)
            expected = (light[part] * weight[part][..., None]).mean(axis=(0, 1))
            assert out[1:4, v, u] == pytest.approx(expected, abs=0.012 * (1 + bloom))


@pytest.mark.parametrize("block", [*range(1, 24)])
@pytest.mark.parametrize("person", [False, True])
def test_a_block_that_is_all_person_is_covered_in_full_and_no_more(block: int, person: bool) -> None:
    height, width = 2 * block + block // 2 + 1, 11 * block + block // 3 + 1
    alpha = np.full((height, width), 255, np.uint8)
    alpha[:, block // 2] = 0  # beside a rim, so that pixels are counted
    out = np.empty((5, -(-height // block), -(-width // block)), np.float32)
    light_sums(np.zeros((height, 3 * width), np.uint8), alpha, person, block, np.float32(0), out)
    assert (out[4, :, 1:] == 1.0).all()
    assert (out[4, :, 0] < 1.0).all()


def test_a_pixel_that_is_half_one_and_half_the_other_counts_for_neither() -> None:
    bgr = np.full((1, 3), 200, np.uint8)
    for person in (False, True):
        out = np.empty((5, 1, 1), np.float32)
        light_sums(bgr, np.array([[128]], np.uint8), person, 1, np.float32(0), out)
        assert out[0, 0, 0] < 1e-3


@pytest.mark.parametrize("bloom", [0.0, 4.0, 8.0])
def test_every_level_comes_back(bloom: float) -> None:
    levels = np.arange(256, dtype=np.uint8)
    bgr = levels[:, None].repeat(3, axis=1)
    out = np.empty((5, 256, 1), np.float32)
    light_sums(bgr, np.zeros((256, 1), np.uint8), False, 1, np.float32(bloom), out)
    sums = np.ascontiguousarray(out[:4] * 0.37)
    to_levels(sums, np.zeros(3, np.float32), *level_table(bloom))
    assert np.abs(sums[1:, :, 0] - levels).max() < 0.3


def test_where_nothing_was_gathered_the_spare_light_stands_in() -> None:
    sums = np.zeros((4, 1, 1), np.float32)
    to_levels(sums, np.array([0.0, 0.214, 1.0], np.float32), *level_table(0.0))
    assert sums[1:, 0, 0] == pytest.approx([0, 128, 255], abs=2)
