"""The local model on a small grid: what it finds, and that leaving out sure tiles changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.bands import use_bands
from livecut.kernels.cpu.local_model import LocalModel
from livecut.types import Size


def test_a_doubtful_matte_that_is_a_linear_function_of_colour_is_found_again() -> None:
    rng = np.random.default_rng(0)
    guide = rng.integers(100, 156, (12, 17, 3), np.uint8)
    slopes = np.array([0.3, -0.2, 0.5])
    matte = (guide / 255.0 @ slopes + 0.2).astype(np.float32)
    local = LocalModel(Size(17, 12), radius=2, epsilon=1e-6, low=0.0, high=1.0)
    local(guide, matte)
    assert np.allclose(local.model[:3] * 255, slopes[:, None, None], atol=5e-3)
    assert np.allclose(local.model[3], 0.2, atol=5e-3)


def test_a_guide_of_one_colour_explains_nothing() -> None:
    guide = np.full((6, 8, 3), 93, np.uint8)
    matte = np.full((6, 8), 0.5, np.float32)
    local = LocalModel(Size(8, 6), radius=1, epsilon=1e-3, low=0.2, high=0.7)
    local(guide, matte)
    assert np.abs(local.model[:3]).max() < 1e-5
    assert np.allclose(local.model[3], (0.5 - 0.2) / 0.5, atol=1e-3)


@pytest.mark.parametrize("radius", [1, 2, 5, 16])
def test_what_is_sure_is_left_alone_and_what_is_near_doubt_does_not_depend_on_tiles(radius: int) -> None:
    rng = np.random.default_rng(radius)
    size = Size(300, 60)
    guide = rng.integers(0, 256, (60, 300, 3), np.uint8)
    matte = np.zeros((60, 300), np.float32)
    matte[20:24, 126:131] = 0.5
    whole = LocalModel(size, radius=radius, epsilon=1e-3, low=0.08, high=0.92)
    whole(guide, matte)
    model = whole.model.copy()
    far = np.ones((60, 300), bool)
    far[max(0, 20 - 2 * radius) : 24 + 2 * radius, 126 - 2 * radius : 131 + 2 * radius] = False
    assert not model[:3, far].any()
    assert np.allclose(model[3, far], -0.08 / 0.84)
    # Doubt elsewhere makes tiles be worked out that were left out before; what lies between must not notice.
    matte[:, 0] = 0.5
    matte[:, 299] = 0.5
    whole(guide, matte)
    between = slice(1 + 2 * radius, 299 - 2 * radius)
    assert np.array_equal(whole.model[:, :, between], model[:, :, between])


@pytest.mark.parametrize("radius", [2, 5, 16])
@pytest.mark.parametrize("column", [0, 30, 58, 70, 90, 100, 110, 122, 145])
def test_an_earlier_matte_is_forgotten(column: int, radius: int) -> None:
    # Wherever doubt lies now: a tile that is worked out looks into its neighbours, which were worked out before.
    rng = np.random.default_rng(4)
    guide = rng.integers(0, 256, (40, 150, 3), np.uint8)
    first, second = (np.zeros((40, 150), np.float32) for _ in range(2))
    first[:] = 0.5
    second[10:12, column : column + 5] = 0.4
    used = LocalModel(Size(150, 40), radius=radius, epsilon=1e-3, low=0.08, high=0.92)
    fresh = LocalModel(Size(150, 40), radius=radius, epsilon=1e-3, low=0.08, high=0.92)
    used(guide, first)
    used(guide, second)
    fresh(guide, second)
    assert np.array_equal(used.model, fresh.model)


def test_threads_change_nothing() -> None:
    rng = np.random.default_rng(5)
    guide = rng.integers(0, 256, (37, 90, 3), np.uint8)
    matte = rng.random((37, 90)).astype(np.float32)
    local = LocalModel(Size(90, 37), radius=2, epsilon=1e-3, low=0.08, high=0.92)
    models = []
    try:
        for threads in (1, 2):
            use_bands(threads)
            local(guide, matte)
            models.append(local.model.copy())
    finally:
        use_bands(1)
    assert np.array_equal(models[0], models[1])
