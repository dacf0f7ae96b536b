"""Motion and noise of the demo camera against slow independent calculations."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.sensor import NOISE_UNIT, expose, noise_strip, warp
from livecut.types import Pixels

SIZES = [(1, 1), (1, 7), (5, 1), (13, 17), (33, 64)]


def _picture(height: int, width: int) -> Pixels:
    return np.random.default_rng(height * 100 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_without_noise_the_gain_is_all(height: int, width: int) -> None:
    picture = _picture(height, width)
    out = np.empty_like(picture)
    expose(picture, 1.25, np.zeros(1000, np.int8), 3, out)
    expected = np.clip(np.floor(picture.astype(np.float64) * 1.25 + 0.5), 0, 255)
    assert np.array_equal(out, expected.astype(np.uint8))


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_unit_gain_and_no_noise_change_nothing(height: int, width: int) -> None:
    picture = _picture(height, width)
    out = np.empty_like(picture)
    expose(picture, 1.0, np.zeros(1000, np.int8), 0, out)
    assert np.array_equal(out, picture)


def test_noise_has_the_strength_asked_for() -> None:
    picture = np.full((64, 200, 3), 128, np.uint8)
    out = np.empty_like(picture)
    expose(picture, 1.0, noise_strip(20_000, 3.0, seed=5), 9, out)
    error = out.astype(np.float64) - 128
    assert abs(error.mean()) < 0.2
    # Rounding to whole levels adds a variance of 1/12.
    assert error.std() == pytest.approx((9 + 1 / 12) ** 0.5, rel=0.05)


def test_rows_and_keys_get_different_noise() -> None:
    picture = np.full((16, 100, 3), 128, np.uint8)
    first, second = np.empty_like(picture), np.empty_like(picture)
    strip = noise_strip(20_000, 3.0, seed=5)
    expose(picture, 1.0, strip, 1, first)
    expose(picture, 1.0, strip, 2, second)
    assert not np.array_equal(first, second)
    assert len({row.tobytes() for row in first}) == 16


def test_noise_strip_is_the_same_everywhere() -> None:
    strip = noise_strip(8, 2.0, seed=1)
    assert strip.dtype == np.int8
    assert strip.tolist() == [52, -20, -17, -34, 28, -74, 56, -24]
    assert abs(noise_strip(50_000, 2.0, seed=1).std() / NOISE_UNIT - 2.0) < 0.02


def test_expose_refuses_what_it_cannot_do() -> None:
    picture = _picture(4, 10)
    with pytest.raises(ValueError, match="a strip of 30 samples is too short for rows of 30"):
        expose(picture, 1.0, np.zeros(30, np.int8), 0, np.empty_like(picture))
    with pytest.raises(ValueError, match="out must not be the picture itself"):
        expose(picture, 1.0, np.zeros(99, np.int8), 0, picture)
    with pytest.raises(ValueError, match="gain is between 0 and 8, not 9"):
        expose(picture, 9.0, np.zeros(99, np.int8), 0, np.empty_like(picture))
    with pytest.raises(ValueError, match="out has shape"):
        expose(picture, 1.0, np.zeros(99, np.int8), 0, np.empty((1, 1, 3), np.uint8))


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_warp_by_whole_pixels_copies(height: int, width: int) -> None:
    source = _picture(40, 70)
    out = np.empty((height, width, 3), np.uint8)
    warp(source, np.array([[1.0, 0.0, 4.0], [0.0, 1.0, 3.0]]), out)
    assert np.array_equal(out, source[3 : 3 + height, 4 : 4 + width])


def test_warp_is_bilinear() -> None:
    source = _picture(40, 70)
    out = np.empty((9, 11, 3), np.uint8)
    warp(source, np.array([[0.5, 0.0, 4.0], [0.0, 0.5, 3.0]]), out)
    y, x = np.mgrid[0:9, 0:11] * 0.5 + np.array([3.0, 4.0])[:, None, None]
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    down, right = (y - top)[..., None], (x - left)[..., None]
    wide = source.astype(np.float64)
    upper = wide[top, left] * (1 - right) + wide[top, left + 1] * right
    lower = wide[top + 1, left] * (1 - right) + wide[top + 1, left + 1] * right
    assert np.abs(out - (upper * (1 - down) + lower * down)).max() <= 1.0


def test_warp_refuses_other_maps() -> None:
    with pytest.raises(ValueError, match=r"an affine map has shape \(2, 3\), not \(3, 3\)"):
        warp(_picture(4, 4), np.eye(3), np.empty((4, 4, 3), np.uint8))
