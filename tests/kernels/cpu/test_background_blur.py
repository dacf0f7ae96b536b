"""Blur of the background: no colour of the person in it, and nothing sharp left of the room."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.background_blur import BackgroundBlur, PrivacyBlur
from livecut.kernels.sharp_share import sharp_share
from livecut.types import Size

Bytes = NDArray[np.uint8]
SIZES = [Size(1, 1), Size(9, 1), Size(1, 13), Size(37, 23), Size(128, 72), Size(131, 75)]


def gaussian_of(plane: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Separable Gaussian by matrices; nothing lies beyond the borders."""

    def matrix(n: int) -> NDArray[np.float64]:
        far = np.arange(n)[:, None] - np.arange(n)[None]
        return np.asarray(np.exp(-0.5 * (far / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi)))

    return np.asarray(matrix(plane.shape[0]) @ plane @ matrix(plane.shape[1]))


def painted(size: Size, *, alpha_of: int | None = None) -> tuple[Bytes, Bytes]:
    rng = np.random.default_rng(size.width)
    bgr = rng.integers(0, 256, (size.height, size.width, 3), np.uint8)
    alpha = rng.choice(np.array([0, 0, 60, 200, 255], np.uint8), (size.height, size.width))
    if alpha_of is not None:
        alpha[:] = alpha_of
    return bgr, alpha


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("radius_px", [1.0, 24.0, 200.0])
def test_the_person_keeps_every_byte(size: Size, radius_px: float) -> None:
    bgr, alpha = painted(size)
    out = np.empty_like(bgr)
    BackgroundBlur(size, radius_px)(bgr, alpha, out)
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("level", [0, 37, 255])
def test_a_background_of_one_colour_stays_that_colour(size: Size, level: int) -> None:
    bgr, alpha = painted(size)
    bgr[:] = level
    out = np.empty_like(bgr)
    BackgroundBlur(size, 24.0)(bgr, alpha, out)
    assert (out == level).all()


@pytest.mark.parametrize("radius_px", [24.0, 60.0, 120.0])
def test_without_a_person_it_is_a_gaussian_of_the_stated_width(radius_px: float) -> None:
    size = Size(160, 120)
    y, x = np.mgrid[0:120, 0:160]
    bgr = np.repeat((128 + 100 * np.sin(x / 9) * np.cos(y / 11))[..., None], 3, axis=2).astype(np.uint8)
    out = np.empty_like(bgr)
    BackgroundBlur(size, radius_px)(bgr, np.zeros((120, 160), np.uint8), out)
    sigma = radius_px * 120 / 720
    exact = gaussian_of(bgr[..., 0].astype(float), sigma) / gaussian_of(np.ones((120, 160)), sigma)
    assert np.abs(out[..., 0] - exact).max() <= 6
    assert np.abs(out[..., 0] - exact).mean() <= 1.5


def test_no_colour_of_the_person_bleeds_into_the_background() -> None:
    size = Size(160, 90)
    bgr = np.full((90, 160, 3), 100, np.uint8)
    alpha = np.zeros((90, 160), np.uint8)
    bgr[30:, 60:100] = (0, 0, 255)
    alpha[30:, 60:100] = 255
    out = np.empty_like(bgr)
    BackgroundBlur(size, 48.0)(bgr, alpha, out)
    assert (out[alpha == 0] == 100).all()


def test_a_matte_two_pixels_too_tight_hardly_glows() -> None:
    size = Size(320, 180)
    bgr = np.full((180, 320, 3), 100, np.uint8)
    bgr[60:, 120:200] = (0, 0, 255)
    alpha = np.zeros((180, 320), np.uint8)
    alpha[62:, 122:198] = 255
    out = np.empty_like(bgr)
    BackgroundBlur(size, 24.0)(bgr, alpha, out)
    plain = gaussian_of((bgr[..., 2] > 100).astype(float), 6.0)
    beside = (slice(100, 140), slice(206, 212))
    ours = (out[beside][..., 2].astype(float) - 100) / 155
    assert ours.max() < 0.5 * plain[beside].max()


def test_behind_a_half_transparent_person_the_background_goes_on() -> None:
    size = Size(160, 90)
    bgr = np.full((90, 160, 3), 100, np.uint8)
    bgr[20:70, 60:100] = 240
    alpha = np.zeros((90, 160), np.uint8)
    alpha[20:70, 60:100] = 128
    out = np.empty_like(bgr)
    BackgroundBlur(size, 24.0)(bgr, alpha, out)
    share = float(sharp_share(np.float32(128 / 255), np.float32(1)))
    assert abs(int(out[45, 80, 0]) - (100 + 140 * share)) <= 1


def test_a_frame_full_of_person_needs_no_background() -> None:
    bgr, alpha = painted(Size(37, 23), alpha_of=255)
    out = np.empty_like(bgr)
    BackgroundBlur(Size(37, 23), 24.0)(bgr, alpha, out)
    assert np.array_equal(out, bgr)
    BackgroundBlur(Size(37, 23), 24.0)(bgr, np.full_like(alpha, 254), out)
    assert out.std() > 0


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("dim", "saturation"), [(0.4, 1.0), (0.0, 0.0), (0.25, 0.5), (1.0, 0.3)])
def test_dim_and_saturation_change_the_background_only(size: Size, dim: float, saturation: float) -> None:
    bgr, alpha = painted(size)
    plain, shaded = np.empty_like(bgr), np.empty_like(bgr)
    BackgroundBlur(size, 24.0)(bgr, alpha, plain)
    BackgroundBlur(size, 24.0, dim=dim, saturation=saturation)(bgr, alpha, shaded)
    assert np.array_equal(shaded[alpha == 255], bgr[alpha == 255])
    back = plain[alpha == 0].astype(np.float64)
    grey = back @ np.array([[0.114], [0.587], [0.299]])
    expected = (1 - dim) * (grey + (back - grey) * saturation)
    # Half a level of rounding in each of the two pictures.
    assert np.abs(shaded[alpha == 0] - expected).max(initial=0.0) <= 1.05


def test_a_rim_does_not_glow_before_a_dimmed_room() -> None:
    size = Size(160, 90)
    alpha = np.zeros((90, 160), np.uint8)
    alpha[20:, 60:100] = 255
    alpha[20:, 57:60] = 128
    person, room = 60.0, 220.0
    share = alpha[..., None] / 255
    bgr = np.repeat(np.rint(person * share + room * (1 - share)).astype(np.uint8), 3, axis=2)
    out = np.empty_like(bgr)
    BackgroundBlur(size, 24.0, dim=0.8)(bgr, alpha, out)
    ideal = person * share + 0.2 * room * (1 - share)
    assert abs(out[50, 58, 0] - ideal[50, 58, 0]) < 16


def test_dim_and_saturation_are_shares() -> None:
    with pytest.raises(ValueError, match=r"^dim must be 0 … 1, not 1.5$"):
        BackgroundBlur(Size(4, 3), 24.0, dim=1.5)
    with pytest.raises(ValueError, match=r"^saturation must be 0 … 1, not -0.1$"):
        BackgroundBlur(Size(4, 3), 24.0, saturation=-0.1)


def test_fine_detail_of_the_room_is_gone() -> None:
    size = Size(320, 180)
    board = ((np.indices((180, 320)) // 4).sum(axis=0) % 2 * 255).astype(np.uint8)
    bgr = np.repeat(board[..., None], 3, axis=2)
    alpha = np.zeros((180, 320), np.uint8)
    alpha[60:, 120:200] = 255
    out = np.empty_like(bgr)
    BackgroundBlur(size, 24.0)(bgr, alpha, out)
    assert out[:, :100].std() < 6


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_privacy_blur_leaves_no_pattern_finer_than_a_tenth_of_the_height(size: Size) -> None:
    square = max(1, size.height // 20)
    board = ((np.indices((size.height, size.width)) // square).sum(axis=0) % 2 * 255).astype(np.uint8)
    bgr = np.repeat(board[..., None], 3, axis=2)
    out = np.empty_like(bgr)
    PrivacyBlur(size)(bgr, out)
    if min(size) > 20:
        assert out.std() < 0.03 * bgr.std()
        assert abs(out.mean() - bgr.mean()) < 8
    else:
        assert out.shape == bgr.shape


def test_pictures_of_another_size_are_refused() -> None:
    blur = BackgroundBlur(Size(4, 3), 24.0)
    bgr, alpha = painted(Size(4, 3))
    with pytest.raises(ValueError, match=r"^out must be \(3, 4, 3\) uint8, not \(3, 5, 3\) uint8$"):
        blur(bgr, alpha, np.zeros((3, 5, 3), np.uint8))
    with pytest.raises(ValueError, match=r"^sigma must be above 0, not 0.0$"):
        from livecut.kernels.cpu.reduced import gaussian_weights

        gaussian_weights(0.0)
