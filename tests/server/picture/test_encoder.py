from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from livecut.server.picture.encoder import MAX_JPEG_SIDE_PX, jpeg, png


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (30, 41)])
def test_png_loses_nothing(size: tuple[int, int]) -> None:
    grey, bgra = noise(*size), noise(*size, 4)
    with Image.open(io.BytesIO(png(grey))) as picture:
        assert (picture.format, picture.mode) == ("PNG", "L")
        np.testing.assert_array_equal(np.asarray(picture), grey)
    with Image.open(io.BytesIO(png(bgra))) as picture:
        assert picture.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(picture), bgra[..., [2, 1, 0, 3]])


def test_a_profile_is_written_where_readers_find_it() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    bgra = noise(5, 6, 4)
    with Image.open(io.BytesIO(png(bgra, profile=profile))) as picture:
        picture.load()
        assert picture.info["icc_profile"] == profile
        np.testing.assert_array_equal(np.asarray(picture), bgra[..., [2, 1, 0, 3]])


def test_jpeg_is_grey_and_close() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (16, 1))
    with Image.open(io.BytesIO(jpeg(ramp))) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "L")
        assert np.abs(np.asarray(picture).astype(int) - ramp).max() <= 4


def test_a_jpeg_has_sides_of_no_more_pixels() -> None:
    assert jpeg(np.zeros((1, MAX_JPEG_SIDE_PX), np.uint8))
    with pytest.raises(Exception, match="JPEG"):
        jpeg(np.zeros((1, MAX_JPEG_SIDE_PX + 1), np.uint8))


def test_black_stays_black() -> None:
    with Image.open(io.BytesIO(jpeg(np.zeros((30, 41), np.uint8)))) as picture:
        assert not np.asarray(picture).any()
