"""Single pictures in and out: files, bytes, arrays, Pillow images; orientation, transparency, colour profile."""

from __future__ import annotations

import io
import os
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from livecut.errors import ImageError, SettingsError
from livecut.files import open_file, read_all
from livecut.kernels.still import on_white
from livecut.paths import expanded
from livecut.sources.picture import eight_bits
from livecut.types import Pixels, Plane8

__all__ = [
    "MAX_BYTES",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "Input",
    "StillImage",
    "encode_as",
    "encode_depth",
    "encode_jpeg",
    "encode_png",
    "load_still",
    "read_still",
]

MAX_PIXELS: Final = 100_000_000
"""Larger pictures are refused before they are decoded."""
MAX_BYTES: Final = 256 << 20
"""More than that through a pipe is refused."""
MAX_FILE_BYTES: Final = 1 << 30
"""Larger files are refused before they are read: `MAX_PIXELS` of four channels with 16 bits each are less."""

Input: TypeAlias = "str | Path | bytes | NDArray[np.uint8] | Image.Image"
"""A path, an encoded file's bytes, grey, BGR or BGRA pixels as OpenCV has them, or a Pillow image."""

_FORMATS: Final = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF", "GIF", "PPM")
_JPEG_SIDE: Final = 65_500
"""The library that writes JPEG takes no longer side."""
_BROKEN = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, AttributeError, OverflowError),
    *(RuntimeError, struct.error, zlib.error),
)
"""What Pillow's decoders raise on damaged files; there is no narrower common class."""


@dataclass(frozen=True, slots=True, eq=False)
class StillImage:
    """A decoded picture, upright."""

    bgr: Pixels
    alpha: Plane8 | None
    """Its own transparency, if it has any."""
    icc_profile: bytes | None
    """Colour profile of its RGB values, to be written beside them again."""

    def as_seen(self) -> Pixels:
        """Its colours as on white paper, which is what networks and services get: none that transparency hides."""
        return self.bgr if self.alpha is None else on_white(self.bgr, self.alpha)


def load_still(image: Input, *, name: str = "the picture") -> StillImage:
    """Decode one picture: EXIF orientation applied, palette, 16-bit, grey and CMYK turned into 8-bit BGR.

    Raises `ImageError` for what is broken, animated, too large or no picture; `TypeError` for another type of input.
    """
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, Image.Image):
        with _judged(name):
            return _from_pillow(image, name)
    if isinstance(image, (str, Path)):
        name = str(image)
        data = read_still(image)
    elif isinstance(image, (bytes, bytearray, memoryview)):
        data = bytes(image)
    else:
        raise TypeError(f"a path, bytes, an array or a Pillow image is wanted, not {type(image).__name__}")
    with _judged(name), _opened(io.BytesIO(data)) as opened:
        return _from_pillow(opened, name)


def read_still(path: str | Path) -> bytes:
    """A picture's file, read only once its head says that it is a picture, and not a larger one than `MAX_FILE_BYTES`.

    Raises `ImageError`.
    """
    name = str(path)
    try:
        with open_file(expanded(path), pipes=True) as file:
            status = os.fstat(file.fileno())
            most = MAX_FILE_BYTES if stat.S_ISREG(status.st_mode) else MAX_BYTES
            if most == MAX_FILE_BYTES:
                with _judged(name), _opened(file):
                    pass
                file.seek(0)
            # What is no file, a pipe from another program say, is looked at once it has been read.
            data = b"" if status.st_size > most else read_all(file, most + 1)
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file") from error
    except (OSError, ValueError) as error:
        raise ImageError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if max(len(data), status.st_size) > most:
        raise ImageError(f"{name} has more than {most >> 20} MiB", hint=_HINT)
    return data


def _opened(stream: IO[bytes]) -> Image.Image:
    """The picture by its head; its pixels are decoded when they are first asked for."""
    Image.init()  # without it Pillow knows only the five most common formats by name
    return Image.open(stream, formats=tuple(format for format in _FORMATS if format in Image.OPEN))


@contextmanager
def _judged(name: str) -> Iterator[None]:
    """Whatever Pillow raises within becomes an `ImageError` in the picture's name; what it warns of is not said."""
    try:
        with warnings.catch_warnings():
            # Of damaged tags, and from 89 megapixels on; the limit here is MAX_PIXELS, and an error.
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError as error:
        raise ImageError(f"{name} is no picture", hint=_HINT) from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} is too large", hint=_HINT) from error
    except MemoryError as error:
        raise ImageError(f"{name}: not enough memory for it") from error
    except _BROKEN as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{name} is broken: {reason}", hint="copy or download it again") from error


_HINT: Final = f"PNG, JPEG, WebP, TIFF, BMP and GIF up to {MAX_PIXELS // 1_000_000} megapixels can be read"


def encode_png(
    pixels: NDArray[np.generic], *, icc_profile: bytes | None = None, note: str = "", level: int = 4
) -> bytes:
    """PNG bytes of a BGR (h, w, 3), BGRA (h, w, 4) or grey (h, w) picture of 8 bits; `note` is kept under `livecut`."""
    if pixels.ndim == 3:
        order = [2, 1, 0, 3] if pixels.shape[2] == 4 else [2, 1, 0]
        pixels = np.ascontiguousarray(pixels[:, :, order])
    stream = io.BytesIO()
    extra = {"icc_profile": icc_profile} if icc_profile and pixels.ndim == 3 else {}
    Image.fromarray(pixels).save(stream, "PNG", compress_level=level, pnginfo=_noted(note), **extra)
    return stream.getvalue()


def encode_jpeg(
    pixels: NDArray[np.uint8], *, icc_profile: bytes | None = None, note: str = "", quality: int = 95
) -> bytes:
    """JPEG bytes of a BGR or grey picture without chroma subsampling: a cut-out is its edges; `note` is its comment.

    Raises `ImageError` for a side longer than a JPEG's can be.
    """
    _refuse_long(pixels)
    stream = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1] if pixels.ndim == 3 else pixels))
    extra: dict[str, bytes] = {"icc_profile": icc_profile} if icc_profile and pixels.ndim == 3 else {}
    if note:
        extra["comment"] = note.encode()
    image.save(stream, "JPEG", quality=quality, subsampling=0, **extra)
    return stream.getvalue()


def encode_as(
    kind: Literal["png", "jpeg"], pixels: NDArray[np.uint8], *, icc_profile: bytes | None = None, note: str = ""
) -> bytes:
    """The picture as a file of this kind. Raises `SettingsError` for a JPEG of what is transparent, `ImageError` for
    one with too long a side.
    """
    if kind == "png":
        return encode_png(pixels, icc_profile=icc_profile, note=note)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        raise SettingsError("a JPEG has no transparency", hint="name it NAME.png, or put a background behind")
    return encode_jpeg(pixels, icc_profile=icc_profile, note=note)


def encode_depth(nearness: NDArray[np.float32], encoding: Literal["jpeg", "png", "png16"], *, note: str = "") -> bytes:
    """Grey picture of (h, w) nearness 0 … 1, white nearest: 8 bits as JPEG or PNG, 16 bits as PNG; `note` is kept.

    Raises `ImageError` for a JPEG with too long a side.
    """
    stream = io.BytesIO()
    if encoding == "png16":
        deep = Image.fromarray(np.rint(nearness * 65535).astype(np.uint16))
        deep.save(stream, "PNG", pnginfo=_noted(note))
    elif encoding == "png":
        Image.fromarray(np.rint(nearness * 255).astype(np.uint8)).save(stream, "PNG", pnginfo=_noted(note))
    else:
        _refuse_long(nearness)
        flat = Image.fromarray(np.rint(nearness * 255).astype(np.uint8))
        flat.save(stream, "JPEG", quality=95, comment=note.encode())
    return stream.getvalue()


def _refuse_long(pixels: NDArray[np.generic]) -> None:
    height, width = pixels.shape[:2]
    if max(width, height) > _JPEG_SIDE:
        raise ImageError(f"{width}x{height} is too long for a JPEG", hint=f"above {_JPEG_SIDE} pixels take PNG")


def _noted(note: str) -> PngImagePlugin.PngInfo | None:
    if not note:
        return None
    info = PngImagePlugin.PngInfo()
    info.add_itxt("livecut", note)
    return info


def _from_array(array: NDArray[np.uint8]) -> StillImage:
    channels = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
    if array.dtype != np.uint8 or channels not in (1, 3, 4) or 0 in array.shape:
        wanted = "(h, w) grey, (h, w, 3) BGR or (h, w, 4) BGRA"
        raise ImageError(f"an array must be uint8 {wanted}, not {array.dtype} {array.shape}")
    if channels == 1:
        grey = array.reshape(array.shape[:2])
        return StillImage(np.ascontiguousarray(np.dstack([grey, grey, grey])), None, None)
    alpha = np.ascontiguousarray(array[:, :, 3]) if array.shape[2] == 4 else None
    return StillImage(np.ascontiguousarray(array[:, :, :3]), alpha, None)


def _from_pillow(image: Image.Image, name: str) -> StillImage:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(f"{name} is {width}x{height}", hint=_HINT)
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":
        raise ImageError(f"{name} has {frames} frames", hint="give one picture; videos go to `livecut run`")
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    rgb, alpha, profile = _to_rgb(upright, profile)
    return StillImage(np.ascontiguousarray(np.asarray(rgb)[:, :, ::-1]), alpha, profile)


def _to_rgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, Plane8 | None, bytes | None]:
    """RGB, transparency, and the profile if it still fits the values."""
    image = eight_bits(image)
    if image.mode == "CMYK":
        return _from_cmyk(image, profile), None, None
    if not _is_of_rgb(profile):
        profile = None
    if not image.has_transparency_data:
        return image.convert("RGB"), None, profile if image.mode in ("RGB", "P") else None
    layers = image.convert("RGBA")
    alpha = np.ascontiguousarray(np.asarray(layers.getchannel("A")))
    return layers.convert("RGB"), alpha, profile if image.mode in ("RGBA", "P", "RGB") else None


def _is_of_rgb(profile: bytes | None) -> bool:
    """True for a profile whose head says that its values are red, green and blue: others would be read wrongly."""
    return profile is not None and profile[16:20] == b"RGB "


def _from_cmyk(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None  # a broken profile: the plain conversion is still a picture
        if converted is not None:
            return converted
    return image.convert("RGB")
