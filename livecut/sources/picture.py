"""Decode picture files: orientation, palettes, transparency, sixteen bits and CMYK all end as plain BGR."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from livecut.errors import ImageError
from livecut.files import open_file
from livecut.paths import absent_hint, expanded, without_secrets
from livecut.types import Pixels, Plane8, Size

__all__ = [
    "MAX_PIXELS",
    "decode_picture",
    "eight_bits",
    "fit_within",
    "is_picture",
    "read_picture",
    "read_transparent",
]

MAX_PIXELS: Final = 150_000_000
"""Larger pictures are refused before they are decoded: a few kilobytes can claim gigabytes (decompression bomb)."""
MAX_SIDE: Final = 32_767
"""OpenCV resamples no longer side."""
FORMATS: Final = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF")
"""Pillow also recognises MPEG streams, PostScript and the like, which are no pictures here."""

_READABLE = "PNG, JPEG, WebP, AVIF, TIFF, BMP, GIF and JPEG 2000 can be read"
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError, struct.error, zlib.error)
"""What Pillow's decoders raise on damaged files; there is no narrower common class."""


def read_picture(path: str | Path, *, longest_px: int | None = None) -> Pixels:
    """The picture in a file as (h, w, 3) BGR uint8, upright, transparency over black.

    With `longest_px` a larger picture is reduced so that neither side is longer. Raises `ImageError` for anything that
    is no readable picture, or one with more than `MAX_PIXELS`.
    """
    return _from_file(path, lambda stream, name: decode_picture(stream, name=name, longest_px=longest_px))


def read_transparent(path: str | Path) -> tuple[Pixels, Plane8]:
    """The picture in a file as BGR (h, w, 3) and straight alpha (h, w), upright; opaque where it has no transparency.

    Raises `ImageError` as `read_picture` does.
    """
    pixels = _from_file(path, lambda stream, name: _decoded(stream, name, None, _to_rgba))
    return np.ascontiguousarray(pixels[..., 2::-1]), np.ascontiguousarray(pixels[..., 3])


def _from_file(path: str | Path, decode: Callable[[IO[bytes], str], Pixels]) -> Pixels:
    name = without_secrets(str(path))
    try:
        with open_file(expanded(path)) as stream:
            return decode(stream, name)
    except FileNotFoundError:
        raise ImageError(f"{name}: no such file", hint=absent_hint(path)) from None  # it holds all of the name
    except IsADirectoryError as error:
        raise ImageError(f"{name} is a folder, not a picture") from error
    except OSError as error:
        raise ImageError(f"{name} cannot be read: {error.strerror or error}") from error


def decode_picture(stream: IO[bytes], *, name: str, longest_px: int | None = None) -> Pixels:
    """Like `read_picture`, from an open binary file; `name` is what errors call it."""
    bgr = cv2.cvtColor(_decoded(stream, name, longest_px, _to_rgb), cv2.COLOR_RGB2BGR)
    if longest_px is not None:
        now = Size(bgr.shape[1], bgr.shape[0])
        smaller = fit_within(now, longest_px)
        if smaller != now:
            bgr = cv2.resize(bgr, smaller, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(bgr, dtype=np.uint8)


def _decoded(
    stream: IO[bytes], name: str, longest_px: int | None, convert: Callable[[Image.Image], Image.Image]
) -> Pixels:
    """Upright pixels (h, w, channels) in Pillow's order; a JPEG may come reduced, though never below `longest_px`."""
    try:
        with warnings.catch_warnings():
            # Pillow warns at 89 megapixels; the limit here is MAX_PIXELS and an error.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(stream, formats=_formats())
    except (UnidentifiedImageError, Image.DecompressionBombError, *_BROKEN) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise _too_large(name) from error
        raise ImageError(f"{name} is no picture", hint=_READABLE) from error
    with image:
        size = Size(*image.size)
        if size.width * size.height > MAX_PIXELS or max(size) > MAX_SIDE:
            raise _too_large(name, size)
        try:
            if longest_px is not None and image.format == "JPEG":
                # lets libjpeg decode at a half, a quarter or an eighth when that is still large enough
                image.draft("RGB", fit_within(size, longest_px))
            upright = ImageOps.exif_transpose(image)
            return np.asarray(convert(upright), np.uint8)
        except MemoryError as error:
            raise ImageError(f"{name} is {size}: not enough memory for it") from error
        except _BROKEN as error:
            raise ImageError(f"{name} is broken: {_reason(error)}", hint="copy or download it again") from error


def is_picture(path: str | Path) -> bool:
    """True when the file's own bytes (never its name) say that it is a still picture; an animated GIF is a video."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with open_file(path) as stream, Image.open(stream, formats=_formats()) as image:
                return image.format != "GIF" or getattr(image, "n_frames", 1) == 1
    except Image.DecompressionBombError:
        return True
    except _BROKEN:
        return False


def fit_within(size: Size, longest_px: int) -> Size:
    """`size` reduced in proportion so that no side is longer than `longest_px`; never enlarged, never below 1."""
    longest = max(size)
    if longest <= longest_px:
        return size
    return Size(max(1, round(size.width * longest_px / longest)), max(1, round(size.height * longest_px / longest)))


def _formats() -> tuple[str, ...]:
    """`FORMATS`, less those this Pillow was built without."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode to RGB; what is transparent lies over black."""
    image = eight_bits(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer)
    return image.convert("RGB")


def _to_rgba(image: Image.Image) -> Image.Image:
    """Any mode to RGBA."""
    return eight_bits(image).convert("RGBA")


def eight_bits(image: Image.Image) -> Image.Image:
    """Grey of sixteen bits or of floats 0 … 1 as eight bits; any other picture as it is."""
    if image.mode.startswith("I"):
        # Sixteen bits: Pillow's own conversion clips at 255 instead of scaling; in other byte orders it cannot scale.
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    elif image.mode == "F":
        image = image.point(lambda value: value * 255.0).convert("L")
    return image


def _too_large(name: str, size: Size | None = None) -> ImageError:
    what = f"is {size}" if size else "is too large"
    return ImageError(f"{name} {what}: pictures may have {MAX_PIXELS // 1_000_000} megapixels", hint="scale it down")


def _reason(error: BaseException) -> str:
    """A library's text as part of one line."""
    return " ".join(str(error).split()) or type(error).__name__
