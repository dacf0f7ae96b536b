"""Half the grid: what the guided upsampler makes of the halved matte, and that edges are still followed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.guided import GuidedUpsampler
from livecut.kernels.cpu.halved import HalvedUpsampler
from livecut.types import Size

CURVE = {"epsilon": 0.001, "low": 0.1, "high": 0.9}


def fours(image: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = image.shape[0] // 2, image.shape[1] // 2
    means: NDArray[np.float32] = image.reshape(height, 2, width, 2, -1).mean(axis=(1, 3)).astype(np.float32)
    return means


def test_it_is_the_guided_filter_of_every_four_pixels_mean() -> None:
    rng = np.random.default_rng(3)
    size, plane = Size(160, 90), Size(40, 22)
    bgr = rng.integers(0, 256, (90, 160, 3), np.uint8)
    matte = rng.random((22, 40), np.float32)
    guide = rng.integers(0, 256, (22, 40, 3), np.uint8)
    out, expected = np.empty((90, 160), np.uint8), np.empty((90, 160), np.uint8)
    guided = GuidedUpsampler(size, Size(20, 11), radius=2, **CURVE)
    halved = HalvedUpsampler(size, plane, radius=4, **CURVE)
    guided(bgr, fours(matte)[..., 0], expected)
    halved(bgr, matte, out)
    assert np.abs(out.astype(int) - expected).max() <= 1
    guided(bgr, fours(matte)[..., 0], expected, np.floor(fours(guide.astype(np.float32)) + 0.5).astype(np.uint8))
    halved(bgr, matte, out, guide)
    assert np.abs(out.astype(int) - expected).mean() < 1


@pytest.mark.parametrize(
    ("size", "plane"),
    [(Size(1, 1), Size(1, 1)), (Size(7, 1), Size(3, 1)), (Size(1, 9), Size(1, 4)), (Size(61, 35), Size(21, 11))],
    ids=str,
)
@pytest.mark.parametrize("alpha", [0, 255])
def test_a_sure_matte_of_any_size_stays_sure(size: Size, plane: Size, alpha: int) -> None:
    bgr = np.random.default_rng(0).integers(0, 256, (size.height, size.width, 3), np.uint8)
    out = np.full((size.height, size.width), 7, np.uint8)
    matte = np.full((plane.height, plane.width), alpha / 255, np.float32)
    HalvedUpsampler(size, plane, radius=2, **CURVE)(bgr, matte, out)
    assert (out == alpha).all()


def test_planes_of_another_size_are_refused() -> None:
    halved = HalvedUpsampler(Size(6, 4), Size(4, 2), radius=1, **CURVE)
    bgr, out = np.zeros((4, 6, 3), np.uint8), np.zeros((4, 6), np.uint8)
    with pytest.raises(ValueError, match=r"^matte must be \(2, 4\) float32, not \(4, 2\) float32$"):
        halved(bgr, np.zeros((4, 2), np.float32), out)
    with pytest.raises(ValueError, match=r"^guide must be \(2, 4, 3\) uint8, not \(4, 6, 3\) uint8$"):
        halved(bgr, np.zeros((2, 4), np.float32), out, bgr)
