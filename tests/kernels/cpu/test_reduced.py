"""Weighted block sums and their blur against slow oracles."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.reduced import block_sums, blurred_colours, gaussian, gaussian_weights, thin

SHAPES = [(1, 1), (1, 19), (7, 1), (16, 32), (35, 53)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("block", [1, 2, 8, 32])
@pytest.mark.parametrize("person", [False, True])
def test_a_block_holds_the_sum_of_colour_times_sureness(shape: tuple[int, int], block: int, person: bool) -> None:
    rng = np.random.default_rng(block)
    bgr = rng.integers(0, 256, (*shape, 3), np.uint8)
    alpha = rng.integers(0, 256, shape, np.uint8)
    side = alpha.astype(int) if person else 255 - alpha.astype(int)
    weight = np.maximum(0, 2 * np.maximum(side, 128) - 256) ** 2 // 256 / 252
    out = np.empty((4, -(-shape[0] // block), -(-shape[1] // block)), np.float32)
    block_sums(bgr.reshape(shape[0], -1), alpha, person, block, out)
    for y in range(out.shape[1]):
        for x in range(out.shape[2]):
            part = (slice(y * block, (y + 1) * block), slice(x * block, (x + 1) * block))
            expected = [*(bgr[part] * weight[part][..., None]).sum(axis=(0, 1)), weight[part].sum()]
            assert np.allclose(out[:, y, x] * block**2, expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("sigma", [0.1, 0.8, 3.0, 40.0])
def test_a_kernel_sums_to_one_and_falls_off_as_a_gaussian(sigma: float) -> None:
    half = gaussian_weights(sigma).astype(float)
    assert 2 * half.sum() - half[0] == pytest.approx(1.0, abs=1e-5)
    assert half[-1] <= half[0] * 0.0112
    if len(half) > 1:
        assert half[1] / half[0] == pytest.approx(np.exp(-0.5 / sigma**2), abs=1e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("sigma", [0.5, 2.0, 30.0])
def test_the_blur_equals_the_sum_over_the_window(shape: tuple[int, int], sigma: float) -> None:
    planes = np.random.default_rng(0).random((2, *shape)).astype(np.float32)
    half = gaussian_weights(sigma)
    reach = len(half) - 1
    whole = np.concatenate([half[:0:-1], half]).astype(float)
    expected = np.empty(planes.shape)
    for k, y, x in np.ndindex(*planes.shape):
        padded = np.pad(planes[k], reach)[y : y + 2 * reach + 1, x : x + 2 * reach + 1]
        expected[k, y, x] = whole @ padded @ whole
    gaussian(planes, half, np.empty_like(planes), planes)
    assert np.allclose(planes, expected, atol=1e-5)


def test_blocks_beside_an_unsure_one_are_thinned() -> None:
    planes = np.ones((4, 5, 7), np.float32)
    planes[3, 2, 3] = 0.0
    thin(planes, np.float32(0.25), np.empty((5, 7), np.float32))
    expected = np.ones((5, 7))
    expected[1:4, 2:5] = 0.25
    assert np.array_equal(planes[0], expected)


def test_where_no_pixel_is_sure_the_frame_s_mean_stands_in() -> None:
    bgr = np.zeros((4, 6, 3), np.uint8)
    bgr[:2] = (10, 20, 30)
    planes = np.zeros((4, 2, 3), np.float32)
    blurred_colours(planes, bgr, gaussian_weights(1.0), np.empty_like(planes))
    assert np.allclose(planes[:3, 0, 0], [5, 10, 15])
