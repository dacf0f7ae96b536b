from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from support.two_headers import two_headers

from livecut.server.picture.decoder_process import OtherSize, decode, main


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def pixels(data: bytes) -> tuple[Any, Any, bytes]:
    with Image.open(io.BytesIO(data)) as opened:
        size = opened.size
    head, bgr, alpha, profile = decode(data, size)
    shape = (int(str(head["height"])), int(str(head["width"])))
    return (
        np.frombuffer(bgr, np.uint8).reshape(*shape, 3),
        np.frombuffer(alpha, np.uint8).reshape(shape) if alpha else None,
        profile,
    )


RGB = Image.new("RGB", (3, 2), (200, 100, 50))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_colours(kind: str) -> None:
    bgr, alpha, profile = pixels(saved(RGB, kind, lossless=True))
    assert bgr.shape == (2, 3, 3)
    assert (bgr == (50, 100, 200)).all()
    assert alpha is None
    assert profile == b""


def test_transparency_keeps_the_colours_under_it() -> None:
    picture = RGB.convert("RGBA")
    picture.putalpha(Image.fromarray(np.array([[0, 128, 255], [255, 0, 1]], np.uint8)))
    bgr, alpha, _ = pixels(saved(picture, "PNG"))
    assert (bgr == (50, 100, 200)).all()
    assert alpha.tolist() == [[0, 128, 255], [255, 0, 1]]


def test_palette_with_a_transparent_colour() -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    bgr, alpha, _ = pixels(saved(picture, "PNG", transparency=0))
    assert bgr.tolist() == [[[30, 20, 10], [60, 50, 40]]]
    assert alpha.tolist() == [[0, 255]]


def test_grey_and_grey_with_transparency() -> None:
    assert pixels(saved(Image.new("L", (2, 1), 77), "PNG"))[0].tolist() == [[[77] * 3] * 2]
    bgr, alpha, _ = pixels(saved(Image.new("LA", (1, 1), (77, 5)), "PNG"))
    assert (bgr.tolist(), alpha.tolist()) == ([[[77] * 3]], [[5]])


def test_sixteen_bits_become_eight() -> None:
    deep = np.array([[0, 257, 32896, 65535]], np.uint16)
    bgr, _, _ = pixels(saved(Image.fromarray(deep), "PNG"))
    assert bgr[0, :, 0].tolist() == [0, 1, 128, 255]


def test_bitmaps_and_inks() -> None:
    assert pixels(saved(Image.new("1", (1, 1), 1), "PNG"))[0].tolist() == [[[255] * 3]]
    bgr, _, profile = pixels(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"))
    assert bgr[8, 8, 2] > 200
    assert bgr[8, 8, 0] < 60
    assert profile == b""


def test_the_orientation_is_applied() -> None:
    picture = Image.new("RGB", (4, 2), (0, 0, 0))
    picture.paste((255, 255, 255), (0, 0, 1, 2))
    exif = Image.Exif()
    exif[0x0112] = 6
    bgr, _, _ = pixels(saved(picture, "PNG", exif=exif))
    assert bgr.shape == (4, 2, 3)
    assert bgr[:, :, 0].tolist() == [[255, 255], [0, 0], [0, 0], [0, 0]]


def test_an_rgb_profile_is_kept_and_another_is_not() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert pixels(saved(RGB, "PNG", icc_profile=srgb))[2] == srgb
    assert pixels(saved(RGB, "JPEG", icc_profile=srgb))[2] == srgb
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert pixels(saved(RGB, "PNG", icc_profile=lab))[2] == b""
    assert pixels(saved(RGB.convert("L"), "PNG", icc_profile=srgb))[2] == b""


def test_of_several_pictures_the_first() -> None:
    other = Image.new("RGB", (3, 2), (0, 0, 255))
    for kind in ("PNG", "WEBP"):
        bgr, _, _ = pixels(saved(RGB, kind, save_all=True, append_images=[other], lossless=True))
        assert (bgr == (50, 100, 200)).all()


def test_the_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # what is set there is put back
    png = saved(RGB, "PNG")
    large = two_headers((3, 2), (300, 200))
    asked = (png, b"no picture", large, png)
    source = io.BytesIO(b"".join(struct.pack(">QII", len(data), 3, 2) + data for data in asked))
    sink = io.BytesIO()
    main(source, sink)
    sink.seek(0)
    heads = []
    while length := sink.read(4):
        heads.append(json.loads(sink.read(struct.unpack(">I", length)[0])))
        sink.read(sum(heads[-1].get("lengths", ())))
    good = {"width": 3, "height": 2, "lengths": [18, 0, 0]}
    assert heads == [good, {"error": "UnidentifiedImageError"}, {"error": "DecompressionBombError"}, good]


@pytest.mark.parametrize("size", [(2, 3), (3, 3), (4, 2)])
def test_another_size_than_was_checked(size: tuple[int, int]) -> None:
    with pytest.raises(OtherSize):
        decode(saved(RGB, "PNG"), size)
