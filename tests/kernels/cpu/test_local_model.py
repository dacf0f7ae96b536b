"""The local model on a small grid, window by window."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.local_model import MODEL, STATISTICS, box_mean, fit_model, gather


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (8, 1), (11, 14)], ids=str)
@pytest.mark.parametrize("radius", [1, 2, 16])
def test_the_mean_of_a_window_is_cut_off_at_the_borders(shape: tuple[int, int], radius: int) -> None:
    planes = np.random.default_rng(radius).random((3, *shape)).astype(np.float32)
    out = np.empty_like(planes)
    box_mean(planes, radius, out)
    for k, y, x in np.ndindex(*planes.shape):
        part = planes[k, max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
        assert out[k, y, x] == pytest.approx(part.mean(), abs=1e-5)


def test_a_matte_that_is_a_linear_function_of_colour_is_found_again() -> None:
    rng = np.random.default_rng(0)
    guide = rng.integers(0, 256, (12, 17, 3), np.uint8)
    slopes = np.array([0.3, -0.2, 0.5])
    matte = (guide / 255.0 @ slopes + 0.2).astype(np.float32)
    planes = np.empty((STATISTICS, 12, 17), np.float32)
    means = np.empty_like(planes)
    model = np.empty((MODEL, 12, 17), np.float32)
    gather(guide, matte, planes)
    box_mean(planes, 2, means)
    doubt = means[13].copy()
    fit_model(means, 1e-6, model, planes[0], np.empty((10, 17)))
    assert np.allclose(model[:3], slopes[:, None, None], atol=5e-3)
    assert np.allclose(model[3], 0.2, atol=5e-3)
    assert np.array_equal(model[4], doubt)


def test_a_guide_of_one_colour_explains_nothing() -> None:
    guide = np.full((6, 8, 3), 93, np.uint8)
    matte = np.random.default_rng(1).random((6, 8)).astype(np.float32)
    planes = np.empty((STATISTICS, 6, 8), np.float32)
    means = np.empty_like(planes)
    model = np.empty((MODEL, 6, 8), np.float32)
    gather(guide, matte, planes)
    box_mean(planes, 1, means)
    local = means[9].copy()
    fit_model(means, 1e-3, model, planes[0], np.empty((10, 8)))
    assert np.abs(model[:3]).max() < 1e-3
    assert np.allclose(model[3], local, atol=1e-3)
