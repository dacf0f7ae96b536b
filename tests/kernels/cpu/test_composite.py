"""Compositing against slow integer oracles."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu import composite

SIZES = [(1, 1), (1, 7), (5, 1), (3, 17), (33, 31), (16, 64)]


def scene(shape: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture, another one and an alpha that holds both its ends."""
    rng = np.random.default_rng(shape[0] * 1000 + shape[1])
    alpha = rng.choice(np.array([0, 1, 127, 128, 254, 255], np.uint8), shape)
    bgr, other = (rng.integers(0, 256, (*shape, 3), np.uint8) for _ in range(2))
    return bgr, other, alpha


def mixed(front: NDArray[np.uint8], back: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    a = alpha[..., None].astype(np.int64)
    total = front.astype(np.int64) * a + back.astype(np.int64) * (255 - a)
    return ((2 * total + 255) // 510).astype(np.uint8)


def test_the_quotient_by_255_is_exact_for_every_pair_of_value_and_alpha() -> None:
    values, alphas = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
    bgr = np.repeat(values[..., None], 3, axis=2).copy()
    out = np.empty_like(bgr)
    composite.premultiply(bgr, alphas.copy(), out)
    assert np.array_equal(out, mixed(bgr, np.zeros_like(bgr), alphas))


@pytest.mark.parametrize("shape", SIZES)
def test_over_a_picture_equals_the_oracle(shape: tuple[int, int]) -> None:
    bgr, other, alpha = scene(shape)
    out = np.empty_like(bgr)
    composite.over_picture(bgr, alpha, other, out)
    assert np.array_equal(out, mixed(bgr, other, alpha))
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])
    assert np.array_equal(out[alpha == 0], other[alpha == 0])


def test_over_a_picture_may_write_on_its_own_input() -> None:
    bgr, other, alpha = scene((9, 13))
    expected = mixed(bgr, other, alpha)
    composite.over_picture(bgr, alpha, other, other)
    assert np.array_equal(other, expected)


@pytest.mark.parametrize("shape", SIZES)
def test_over_a_colour_equals_the_oracle(shape: tuple[int, int]) -> None:
    bgr, _, alpha = scene(shape)
    out = np.empty_like(bgr)
    composite.over_colour(bgr, alpha, (64, 177, 3), out)
    flat = np.broadcast_to(np.array([64, 177, 3], np.uint8), bgr.shape)
    assert np.array_equal(out, mixed(bgr, flat, alpha))


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("shape", SIZES)
def test_tint_colours_the_background_only(shape: tuple[int, int], strength: float) -> None:
    bgr, _, alpha = scene(shape)
    out = np.empty_like(bgr)
    composite.tint(bgr, alpha, (200, 10, 90), strength, out)
    share = (2 * (255 - alpha.astype(np.int64)) * round(strength * 255) + 255) // 510
    flat = np.broadcast_to(np.array([200, 10, 90], np.uint8), bgr.shape)
    assert np.array_equal(out, mixed(bgr, flat, (255 - share).astype(np.uint8)))
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])


@pytest.mark.parametrize("shape", SIZES)
def test_grey_and_fill_paint_every_pixel(shape: tuple[int, int]) -> None:
    bgr, _, alpha = scene(shape)
    composite.grey(alpha, bgr)
    assert np.array_equal(bgr, np.repeat(alpha[..., None], 3, axis=2))
    composite.fill(bgr, (1, 2, 3))
    assert (bgr == [1, 2, 3]).all()


@pytest.mark.parametrize("column", [0, 1, 8, 16, 17])
def test_join_takes_the_left_up_to_the_column(column: int) -> None:
    left, right, _ = scene((3, 17))
    out = np.empty_like(left)
    composite.join(left, right, column, out)
    assert np.array_equal(out[:, :column], left[:, :column])
    assert np.array_equal(out[:, column:], right[:, column:])


def test_join_draws_a_line_two_pixels_wide() -> None:
    left, right, _ = scene((3, 17))
    out = np.empty_like(left)
    composite.join(left, right, 8, out, line=(255, 255, 255))
    assert (out[:, 7:9] == 255).all()
    assert np.array_equal(out[:, :7], left[:, :7])
    assert np.array_equal(out[:, 9:], right[:, 9:])


def test_what_does_not_fit_is_refused_by_name() -> None:
    bgr, other, alpha = scene((3, 5))
    with pytest.raises(ValueError, match=r"^alpha must be \(3, 5\) uint8, not \(2, 5\) uint8$"):
        composite.over_colour(bgr, alpha[:2], (0, 0, 0), other)
    with pytest.raises(ValueError, match=r"^backdrop must be \(3, 5, 3\) uint8, not \(2, 5, 3\) uint8$"):
        composite.over_picture(bgr, alpha, other[:2], bgr)
    with pytest.raises(ValueError, match=r"^a colour is three numbers 0 … 255, not \(0, 256, 0\)$"):
        composite.over_colour(bgr, alpha, (0, 256, 0), other)
    with pytest.raises(ValueError, match=r"^strength must be 0 … 1, not 1.5$"):
        composite.tint(bgr, alpha, (0, 0, 0), 1.5, other)
    with pytest.raises(ValueError, match=r"^column 6 lies outside 0 … 5$"):
        composite.join(bgr, bgr, 6, other)
    with pytest.raises(ValueError, match=r"^bgr must be C-contiguous$"):
        composite.over_colour(np.zeros((3, 6, 3), np.uint8)[:, :5], alpha, (0, 0, 0), other)
