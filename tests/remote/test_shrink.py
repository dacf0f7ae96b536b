from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from livecut.errors import ImageError
from livecut.remote.shrink import checked, shrunk
from livecut.wire.header import MediaType, PictureHeader
from livecut.wire.limits import Limits

Make = Callable[..., bytes]
ALL: frozenset[MediaType] = frozenset({"image/jpeg", "image/png", "image/webp"})
SIDES = Limits(ALL, 1 << 20, max_width=64, max_height=64)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(65, 64), (64, 65), (641, 3), (3, 641), (640, 640)])
def test_the_longest_side_meets_the_bound(make_picture: Make, kind: str, size: tuple[int, int]) -> None:
    small = shrunk(make_picture(kind, size), SIDES)
    header = PictureHeader.parse(small)
    assert header.media_type == f"image/{kind.lower()}"
    assert max(header.size) in (63, 64)
    assert SIDES.check(small) == header


def test_pixels(make_picture: Make) -> None:
    limits = Limits(ALL, 1 << 20, max_pixels=5000)
    header = limits.check(shrunk(make_picture("JPEG", (301, 200)), limits))
    assert 4700 <= header.pixels <= 5000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_bytes(make_picture: Make, kind: str) -> None:
    limits = Limits(ALL, 6000, max_width=4096, max_height=4096)
    data = make_picture(kind, (200, 150))
    assert len(data) > 6000
    assert len(shrunk(data, limits)) <= 6000


def test_orientation_profile_and_transparency_are_kept(make_picture: Make) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(io.BytesIO(shrunk(make_picture("JPEG", (200, 100), exif=exif, icc_profile=b"icc"), SIDES))) as jpeg:
        assert jpeg.getexif()[0x0112] == 6
        assert jpeg.info["icc_profile"] == b"icc"
    palette = Image.new("P", (200, 100), 1)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    out = io.BytesIO()
    palette.save(out, "PNG", transparency=1)
    with Image.open(io.BytesIO(shrunk(out.getvalue(), SIDES))) as png:
        assert png.convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]


def test_the_offer(make_picture: Make) -> None:
    with pytest.raises(ImageError) as caught:
        checked(make_picture("PNG", (65, 1)), SIDES, what="a.png", shrink=False)
    assert str(caught.value) == "a.png is too large to be sent: the picture has 65x1 pixels, 64x64 are allowed"
    assert caught.value.hint == "livecut can send a smaller copy: shrink=True"


def test_what_is_no_picture_gets_no_offer() -> None:
    with pytest.raises(ImageError) as caught:
        checked(b"text", SIDES, what="a.txt", shrink=True)
    assert str(caught.value) == "a.txt is not a picture the service takes: neither JPEG, PNG nor WEBP"
    assert caught.value.hint == "it takes JPEG, PNG, WEBP"


def test_another_type_gets_no_offer(make_picture: Make) -> None:
    limits = Limits(frozenset({"image/png"}), 1 << 20, max_width=64, max_height=64)
    with pytest.raises(ImageError, match=r"^a\.jpg cannot be sent: image/jpeg is not among image/png$"):
        checked(make_picture("JPEG"), limits, what="a.jpg", shrink=True)


def test_a_picture_within_the_limits_is_sent_as_it_is(make_picture: Make) -> None:
    data = make_picture("PNG", (64, 64))
    assert checked(data, SIDES, what="a.png", shrink=True)[0] is data


def test_a_broken_picture(make_picture: Make) -> None:
    with pytest.raises(ImageError, match="broken and cannot be shrunk"):
        shrunk(make_picture("PNG", (100, 100))[:-200], SIDES)


def test_no_size_is_small_enough(make_picture: Make) -> None:
    with pytest.raises(ImageError, match="cannot be made small enough"):
        shrunk(make_picture("PNG", (8, 8)), Limits(ALL, 20, max_pixels=100))
