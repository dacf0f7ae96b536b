"""Enlargement of mattes against a slow oracle, and what a viewer would notice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.guided import BilinearUpsampler, GuidedUpsampler
from livecut.kernels.cpu.tensor import Shrink
from livecut.types import Size

Floats = NDArray[np.float64]
SIZES = [
    (Size(1, 1), Size(1, 1)),
    (Size(7, 1), Size(3, 1)),
    (Size(1, 9), Size(1, 4)),
    (Size(61, 35), Size(20, 11)),
    (Size(96, 54), Size(33, 18)),
    (Size(150, 90), Size(47, 40)),
    (Size(20, 12), Size(40, 24)),
]


def scene(size: Size, plane: Size) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A picture of two colours and noise, and a soft matte of about the same disc."""
    rng = np.random.default_rng(size.width)
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    inside = np.hypot((x + 0.5) / size.width - 0.5, (y + 0.5) / size.height - 0.5) < 0.3
    bgr = np.where(inside[..., None], (40, 60, 190), (170, 160, 60)) + rng.normal(0, 6, (size.height, size.width, 3))
    y, x = np.mgrid[0 : plane.height, 0 : plane.width]
    far = np.hypot((x + 0.5) / plane.width - 0.5, (y + 0.5) / plane.height - 0.5)
    soft = np.clip(0.5 + (0.3 - far) * 6, 0, 1)
    return np.clip(bgr, 0, 255).astype(np.uint8), soft.astype(np.float32)


def window_mean(plane: NDArray[Any], radius: int) -> Floats:
    out = np.empty_like(plane)
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            part = plane[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
            out[y, x] = part.mean(axis=(0, 1))
    return out


def enlarged(plane: Floats, size: Size) -> Floats:
    """Bilinear, pixel centres aligned, the border repeated."""

    def along(values: Floats, n: int) -> Floats:
        at = np.clip((np.arange(n) + 0.5) * len(values) / n - 0.5, 0, len(values) - 1)
        low = np.floor(at).astype(int)
        share = (at - low).reshape(-1, *[1] * (values.ndim - 1))
        result: Floats = values[low] * (1 - share) + values[np.minimum(low + 1, len(values) - 1)] * share
        return result

    return along(along(plane, size.height).swapaxes(0, 1), size.width).swapaxes(0, 1)


def curved(coverage: Floats, low: float, high: float) -> Floats:
    t = np.clip((coverage - low) / (high - low), 0, 1)
    return np.asarray(255 * (3 * t**2 - 2 * t**3))


def guided(
    bgr: NDArray[np.uint8], matte: NDArray[np.float32], radius: int, epsilon: float, low: float, high: float
) -> Floats:
    """The guided filter window by window, with a solver from a library."""
    plane = Size(matte.shape[1], matte.shape[0])
    small = np.empty((plane.height, plane.width, 3), np.uint8)
    size = Size(bgr.shape[1], bgr.shape[0])
    Shrink(size, plane)(bgr, small)
    guide = small.astype(np.float64) / 255.0
    p = matte.astype(np.float64)
    mean, mean_p = window_mean(guide, radius), window_mean(p, radius)
    products = window_mean(guide[..., :, None] * guide[..., None, :], radius)
    covariance = products - mean[..., :, None] * mean[..., None, :] + epsilon * np.eye(3)
    with_p = window_mean(guide * p[..., None], radius) - mean * mean_p[..., None]
    slope = np.linalg.solve(covariance, with_p[..., None])[..., 0]
    offset = mean_p - (slope * mean).sum(axis=-1)
    doubt = window_mean(window_mean(4 * p * (1 - p), radius), radius)
    trust = np.clip((doubt - 0.04) / 0.2, 0, 1)
    slope = window_mean(slope, radius) * trust[..., None]
    offset = window_mean(offset, radius) * trust + p * (1 - trust)
    coverage = (enlarged(slope, size) * (bgr / 255.0)).sum(axis=-1) + enlarged(offset, size)
    return curved(coverage, low, high)


@pytest.mark.parametrize(("size", "plane"), SIZES, ids=str)
@pytest.mark.parametrize(("radius", "epsilon"), [(1, 0.01), (2, 0.0008), (5, 0.0001)])
def test_guided_equals_the_oracle(size: Size, plane: Size, radius: int, epsilon: float) -> None:
    bgr, matte = scene(size, plane)
    out = np.empty(bgr.shape[:2], np.uint8)
    GuidedUpsampler(size, plane, radius=radius, epsilon=epsilon, low=0.08, high=0.92)(bgr, matte, out)
    assert np.abs(out - guided(bgr, matte, radius, epsilon, 0.08, 0.92)).max() <= 1.0


@pytest.mark.parametrize(("size", "plane"), SIZES, ids=str)
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.08, 0.92), (0.4, 0.5)])
def test_bilinear_equals_the_oracle(size: Size, plane: Size, low: float, high: float) -> None:
    bgr, matte = scene(size, plane)
    out = np.empty(bgr.shape[:2], np.uint8)
    BilinearUpsampler(size, plane, low=low, high=high)(bgr, matte, out)
    assert np.abs(out - curved(enlarged(matte.astype(np.float64), size), low, high)).max() <= 0.6


def test_a_second_call_does_not_remember_the_first() -> None:
    size, plane = Size(96, 54), Size(33, 18)
    bgr, matte = scene(size, plane)
    upsampler = GuidedUpsampler(size, plane, radius=2, epsilon=0.0008, low=0.08, high=0.92)
    first, other, again = (np.empty((54, 96), np.uint8) for _ in range(3))
    upsampler(bgr, matte, first)
    upsampler(bgr[::-1].copy(), matte[::-1].copy(), other)
    upsampler(bgr, matte, again)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_who_has_the_small_picture_already_gets_the_same_matte() -> None:
    size, plane = Size(96, 54), Size(33, 18)
    bgr, matte = scene(size, plane)
    guide = np.empty((18, 33, 3), np.uint8)
    Shrink(size, plane)(bgr, guide)
    upsampler = GuidedUpsampler(size, plane, radius=2, epsilon=0.0008, low=0.08, high=0.92)
    own, given = (np.empty((54, 96), np.uint8) for _ in range(2))
    upsampler(bgr, matte, own)
    upsampler(bgr, matte, given, guide)
    assert np.array_equal(own, given)
    with pytest.raises(ValueError, match="guide"):
        upsampler(bgr, matte, given, guide[:, :20].copy())


def test_where_the_network_is_sure_texture_leaves_no_veil() -> None:
    size, plane = Size(120, 80), Size(30, 20)
    bgr = np.random.default_rng(3).integers(0, 256, (80, 120, 3), np.uint8)
    for sure in (0.0, 1.0):
        out = np.full((80, 120), 99, np.uint8)
        matte = np.full((20, 30), sure, np.float32)
        GuidedUpsampler(size, plane, radius=2, epsilon=1e-5, low=0.08, high=0.92)(bgr, matte, out)
        assert (out == round(255 * sure)).all()


def test_the_alpha_follows_an_edge_that_the_network_only_blurs() -> None:
    size, plane = Size(160, 90), Size(40, 22)
    bgr = np.full((90, 160, 3), 30, np.uint8)
    bgr[:, 83:] = 200
    soft = np.clip(0.5 + (np.arange(40) + 0.5 - 83 / 4) / 6, 0, 1).astype(np.float32)
    matte = np.broadcast_to(soft, (22, 40)).copy()
    sharp, plain = np.empty((90, 160), np.uint8), np.empty((90, 160), np.uint8)
    GuidedUpsampler(size, plane, radius=4, epsilon=0.0008, low=0.08, high=0.92)(bgr, matte, sharp)
    BilinearUpsampler(size, plane, low=0.08, high=0.92)(bgr, matte, plain)
    step = int(sharp[45, 83]) - int(sharp[45, 82])
    assert step > 100
    assert int(plain[45, 83]) - int(plain[45, 82]) < 30
    assert (sharp[:, :70] == 0).all() and (sharp[:, 96:] == 255).all()


def test_what_does_not_fit_is_refused_by_name() -> None:
    size, plane = Size(12, 8), Size(6, 4)
    upsampler = GuidedUpsampler(size, plane, radius=2, epsilon=0.001, low=0.0, high=1.0)
    bgr, matte, out = np.zeros((8, 12, 3), np.uint8), np.zeros((4, 6), np.float32), np.zeros((8, 12), np.uint8)
    with pytest.raises(ValueError, match=r"^matte must be \(4, 6\) float32, not \(4, 5\) float32$"):
        upsampler(bgr, matte[:, :5].copy(), out)
    with pytest.raises(ValueError, match=r"^matte must be \(4, 6\) float32, not \(4, 6\) float64$"):
        upsampler(bgr, matte.astype(np.float64), out)
    with pytest.raises(ValueError, match=r"^the coverage curve needs 0 <= low < high <= 1, not 0.5 and 0.5$"):
        BilinearUpsampler(size, plane, low=0.5, high=0.5)
    with pytest.raises(ValueError, match=r"^radius must be 1 … 16 and epsilon 1e-05 or more, not 0 and 0.1$"):
        GuidedUpsampler(size, plane, radius=0, epsilon=0.1, low=0.0, high=1.0)
