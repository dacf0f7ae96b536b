"""Enlarged layers over and under the sharp picture, against plain numpy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.recompose import Recompose, dither
from livecut.types import Size

CASES = [(Size(1, 1), 1), (Size(1, 1), 4), (Size(9, 5), 4), (Size(64, 36), 4), (Size(70, 1), 3), (Size(1, 30), 2)]


def _enlarged(plane: NDArray[np.float32], size: Size, block: int) -> NDArray[np.float64]:
    """Bilinear, every pixel standing for a whole block from the upper left corner on."""
    h, w = plane.shape
    full = cv2.resize(plane, (w * block, h * block), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full, np.float64).reshape(h * block, w * block)[: size.height, : size.width]


def _scene(size: Size, block: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], tuple[int, int]]:
    random = np.random.default_rng(size.width)
    shape = (-(-size.height // block), -(-size.width // block))
    bgr = random.integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
    alpha = random.choice(np.array([0, 77, 255], np.uint8), (size.height, size.width))
    back = (random.random((4, *shape)) * 255).astype(np.float32)
    return bgr, alpha, back, shape


@pytest.mark.parametrize(("size", "block"), CASES)
def test_the_picture_over_the_blur(size: Size, block: int) -> None:
    bgr, alpha, back, shape = _scene(size, block)
    out = np.empty_like(bgr)
    Recompose(size, block, shape).over(bgr.reshape(size.height, -1), alpha, back, out)
    share = alpha[..., None] / 255
    behind = np.stack([_enlarged(back[c], size, block) for c in (1, 2, 3)], axis=-1)
    expected = bgr * share + behind * (1 - share)
    assert np.abs(out - expected).max() <= 1.01
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])


@pytest.mark.parametrize("rest", [0, 255])
def test_where_all_is_room_or_person_it_is_the_same_as_pixel_by_pixel(rest: int) -> None:
    size = Size(401, 37)
    bgr, alpha, back, shape = _scene(size, 4)
    alpha[:, :130], alpha[:, 200:330], alpha[:20, 330:] = rest, 255 - rest, rest
    pure, mixed = np.empty_like(bgr), np.empty_like(bgr)
    composer = Recompose(size, 4, shape)
    composer.over(bgr.reshape(size.height, -1), alpha, back, pure)
    # A pixel of the other side in every strip and group: everything is mixed.
    other = alpha.copy()
    other[::7, ::63] = 255 - other[::7, ::63]
    composer.over(bgr.reshape(size.height, -1), other, back, mixed)
    same = alpha == other
    assert np.array_equal(pure[same], mixed[same])


@pytest.mark.parametrize(("size", "block"), CASES)
@pytest.mark.parametrize("with_front", [False, True])
def test_far_sharp_and_near(size: Size, block: int, with_front: bool) -> None:
    bgr, alpha, back, shape = _scene(size, block)
    random = np.random.default_rng(7)
    sharp = random.random(shape).astype(np.float32)
    front = (random.random((4, *shape)) * np.array([1, 255, 255, 255])[:, None, None]).astype(np.float32)
    out = np.empty_like(bgr)
    composer = Recompose(size, block, shape)
    composer.layers(bgr.reshape(size.height, -1), alpha, back, sharp, front if with_front else None, out)
    share = alpha[..., None] / 255
    behind = np.stack([_enlarged(back[c], size, block) for c in (1, 2, 3)], axis=-1)
    in_focus = _enlarged(sharp, size, block)[..., None] * share
    expected = bgr * in_focus + behind * (1 - in_focus)
    if with_front:
        cover = _enlarged(front[0], size, block)[..., None]
        near = np.stack([_enlarged(front[c] * front[0], size, block) for c in (1, 2, 3)], axis=-1)
        expected = expected * (1 - cover) + near
    assert np.abs(out - expected).max() <= 1.01


def test_the_person_in_focus_keeps_every_byte_and_the_room_shows_nothing() -> None:
    size = Size(40, 20)
    bgr, alpha, back, shape = _scene(size, 4)
    out = np.empty_like(bgr)
    composer = Recompose(size, 4, shape)
    composer.layers(bgr.reshape(20, -1), alpha, back, np.ones(shape, np.float32), None, out)
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])
    again = np.empty_like(bgr)
    bgr[alpha == 0] ^= 255
    composer.layers(bgr.reshape(20, -1), alpha, back, np.ones(shape, np.float32), None, again)
    assert np.array_equal(again[alpha == 0], out[alpha == 0])


def test_rounding_is_spread_evenly() -> None:
    thresholds = dither(64, 200)
    assert thresholds.shape == (64, 600)
    assert thresholds.min() >= 0
    assert thresholds.max() < 1
    assert thresholds.mean() == pytest.approx(0.5, abs=0.01)
    assert np.histogram(thresholds, bins=10, range=(0, 1))[0].min() > 0.09 * thresholds.size
    windows = thresholds.reshape(16, 4, 50, 12).mean(axis=(1, 3))
    assert windows.std() < 0.06, "any small window rounds right on the average"
