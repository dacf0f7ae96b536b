"""Pictures of every kind end as upright BGR; everything else ends as one line."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from livecut.errors import ImageError
from livecut.sources.picture import MAX_PIXELS, decode_picture, fit_within, is_picture, read_picture, read_transparent
from livecut.types import Size

RGB = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm", "webp"])
def test_lossless_formats_come_out_bgr_bit_for_bit(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"a.{suffix}", Image.fromarray(RGB), lossless=True)
    picture = read_picture(path)
    np.testing.assert_array_equal(picture, RGB[..., ::-1])
    assert picture.flags.c_contiguous
    assert picture.dtype == np.uint8


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(RGB))
    renamed = path.rename(tmp_path / "a.mp4")
    assert is_picture(renamed)
    np.testing.assert_array_equal(read_picture(renamed), RGB[..., ::-1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((16, 24, 3), np.uint8)
    upright[:8, :8] = (255, 0, 0)  # red, top left
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(upright)
    if orientation in undo:
        image = image.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.png", image, exif=exif)
    np.testing.assert_array_equal(read_picture(path), upright[..., ::-1])


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    levels = np.array([[0, 257 * 10, 257 * 128, 65535]], np.uint16)
    path = save(tmp_path / "a.png", Image.fromarray(levels))
    np.testing.assert_array_equal(read_picture(path)[0, :, 0], [0, 10, 128, 255])


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_tiff_of_either_byte_order_is_scaled(tmp_path: Path, order: str) -> None:
    levels = np.arange(65536, dtype=f"{order}u2").reshape(256, 256)
    image = Image.frombytes("I;16B" if order == ">" else "I;16", (256, 256), levels.tobytes())
    path = save(tmp_path / "a.tiff", image)
    with Image.open(path) as opened:
        assert opened.mode == image.mode
    np.testing.assert_array_equal(read_picture(path)[..., 1].ravel(), np.arange(65536) // 257)
    bgr, alpha = read_transparent(path)
    np.testing.assert_array_equal(bgr[..., 0].ravel(), np.arange(65536) // 257)
    assert (alpha == 255).all()


def test_float_tiff_is_scaled(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tiff", Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)))
    np.testing.assert_array_equal(read_picture(path)[0, :, 0], [0, 127, 255])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"])
def test_every_mode_becomes_three_channels(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(RGB).convert("RGBA" if mode == "PA" else "RGB")
    image = image.convert("P") if mode == "PA" else image.convert(mode) if mode != "LAB" else Image.new("LAB", (7, 5))
    suffix = "tiff" if mode in ("CMYK", "YCbCr", "LAB") else "png"
    if mode == "HSV":
        image = image.convert("RGB")
    assert read_picture(save(tmp_path / f"a.{suffix}", image)).shape == (5, 7, 3)


def test_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    image = Image.new("RGB", (32, 32), (200, 40, 40)).convert("CMYK")
    b, g, r = read_picture(save(tmp_path / "a.jpg", image, quality=95))[16, 16].tolist()
    assert abs(r - 200) < 12
    assert abs(g - 40) < 12
    assert abs(b - 40) < 12


def test_transparency_lies_over_black(tmp_path: Path) -> None:
    rgba = np.full((4, 4, 4), 200, np.uint8)
    rgba[0, 0, 3] = 0
    rgba[0, 1, 3] = 255
    picture = read_picture(save(tmp_path / "a.png", Image.fromarray(rgba)))
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[0, 1].tolist() == [200, 200, 200]
    assert picture[2, 2].tolist() == [157, 157, 157]


def test_transparent_palette_lies_over_black(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 255, 255, 10, 20, 30])
    image.putdata([0, 1])
    picture = read_picture(save(tmp_path / "a.png", image, transparency=0))
    assert picture[0].tolist() == [[0, 0, 0], [30, 20, 10]]


def test_transparency_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 77, np.uint8)])
    bgr, alpha = read_transparent(save(tmp_path / "logo.png", Image.fromarray(rgba)))
    np.testing.assert_array_equal(bgr, RGB[..., ::-1])
    assert (alpha == 77).all() and bgr.flags.c_contiguous and alpha.flags.c_contiguous
    bgr, alpha = read_transparent(save(tmp_path / "photo.png", Image.fromarray(RGB).convert("L")))
    assert bgr.shape == RGB.shape and (alpha == 255).all()
    with pytest.raises(ImageError, match=r"no-such.png: no such file$"):
        read_transparent(tmp_path / "no-such.png")


def test_one_pixel(tmp_path: Path) -> None:
    picture = read_picture(save(tmp_path / "a.png", Image.new("RGB", (1, 1), (1, 2, 3))))
    assert picture.tolist() == [[[3, 2, 1]]]


def test_reduced_to_the_longest_side(tmp_path: Path) -> None:
    for suffix in ("png", "jpg"):
        path = save(tmp_path / f"a.{suffix}", Image.new("RGB", (600, 400), (10, 200, 90)))
        picture = read_picture(path, longest_px=60)
        assert picture.shape == (40, 60, 3)
        assert np.abs(picture.astype(int) - (90, 200, 10)).max() <= 3
        assert read_picture(path, longest_px=600).shape == (400, 600, 3)


@pytest.mark.slow
def test_twelve_thousand_by_nine_thousand_works(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("L", (12000, 9000), 7), compress_level=1)
    assert read_picture(path, longest_px=1000).shape == (750, 1000, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "{} is no picture"),
        (b"once upon a time\n" * 50, "{} is no picture"),
        (b"\x89PNG\r\n\x1a\n", "{} is no picture"),
    ],
)
def test_no_picture(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "notes.png"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        read_picture(path)
    assert caught.value.message == message.format(path)
    assert caught.value.hint == "PNG, JPEG, WebP, AVIF, TIFF, BMP, GIF and JPEG 2000 can be read"
    assert not is_picture(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tiff", "gif"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_is_an_error_and_never_a_half_grey_picture(tmp_path: Path, suffix: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    path = save(tmp_path / f"a.{suffix}", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ImageError) as caught:
        read_picture(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"none\.png: no such file$"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(ImageError, match=r"is a folder, not a picture$"):
        read_picture(tmp_path)
    assert not is_picture(tmp_path / "none.png")
    assert not is_picture(tmp_path)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("1", (20000, 20000)))
    assert path.stat().st_size < 200_000
    with pytest.raises(ImageError) as caught:
        read_picture(path)
    assert caught.value.message.endswith("pictures may have 150 megapixels")
    too_large = save(tmp_path / "b.png", Image.new("1", (16000, 10000)))
    assert MAX_PIXELS < 16000 * 10000
    with pytest.raises(ImageError, match="is 16000x10000: pictures may have 150 megapixels"):
        read_picture(too_large)


def test_animated_gif_is_a_video(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), (index * 90, 0, 0)) for index in range(3)]
    moving = tmp_path / "moving.gif"
    frames[0].save(moving, save_all=True, append_images=frames[1:])
    assert not is_picture(moving)
    assert is_picture(save(tmp_path / "still.gif", frames[0]))


def test_decode_from_memory() -> None:
    buffer = io.BytesIO()
    Image.fromarray(RGB).save(buffer, "PNG")
    buffer.seek(0)
    np.testing.assert_array_equal(decode_picture(buffer, name="upload"), RGB[..., ::-1])
    with pytest.raises(ImageError, match=r"^upload is no picture$"):
        decode_picture(io.BytesIO(b"x"), name="upload")


@given(st.integers(1, 40_000), st.integers(1, 40_000), st.integers(1, 10_000))
def test_fit_within_keeps_the_proportion(width: int, height: int, longest: int) -> None:
    fitted = fit_within(Size(width, height), longest)
    assert min(fitted) >= 1
    assert max(fitted) <= max(longest, 1)
    assert max(fitted) == min(longest, max(width, height))
    scale = max(fitted) / max(width, height)
    assert abs(min(fitted) - max(1.0, min(width, height) * scale)) <= 0.5 + 1e-6
