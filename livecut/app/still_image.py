"""Single pictures in and out: files, bytes, arrays, Pillow images; orientation, transparency, colour profile."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from livecut.errors import ImageError, SettingsError
from livecut.kernels.still import on_white
from livecut.types import Pixels, Plane8

__all__ = ["MAX_PIXELS", "Input", "StillImage", "encode_as", "encode_depth", "encode_jpeg", "encode_png", "load_still"]

MAX_PIXELS: Final = 100_000_000
"""Larger pictures are refused before they are decoded."""

Input: TypeAlias = "str | Path | bytes | NDArray[np.uint8] | Image.Image"
"""A path, an encoded file's bytes, grey, BGR or BGRA pixels as OpenCV has them, or a Pillow image."""

_FORMATS: Final = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF", "GIF", "PPM")
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError)


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
        return _from_pillow(image, name)
    if isinstance(image, (str, Path)):
        name = str(image)
        try:
            data = Path(image).expanduser().read_bytes()
        except FileNotFoundError as error:
            raise ImageError(f"{name}: no such file") from error
        except OSError as error:
            raise ImageError(f"{name} cannot be read: {error.strerror or error}") from error
    elif isinstance(image, (bytes, bytearray, memoryview)):
        data = bytes(image)
    else:
        raise TypeError(f"a path, bytes, an array or a Pillow image is wanted, not {type(image).__name__}")
    try:
        with warnings.catch_warnings():
            # Pillow warns from 89 megapixels on; the limit here is MAX_PIXELS, and an error.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            Image.init()  # without it Pillow knows only the five most common formats by name
            known = tuple(format for format in _FORMATS if format in Image.OPEN)
            with Image.open(io.BytesIO(data), formats=known) as opened:
                return _from_pillow(opened, name)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        too_large = isinstance(error, Image.DecompressionBombError)
        raise ImageError(f"{name} is {'too large' if too_large else 'no picture'}", hint=_HINT) from error


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
    """JPEG bytes of a BGR or grey picture without chroma subsampling: a cut-out is its edges; `note` is its comment."""
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
    """The picture as a file of this kind. Raises `SettingsError` for a JPEG of what is transparent."""
    if kind == "png":
        return encode_png(pixels, icc_profile=icc_profile, note=note)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        raise SettingsError("a JPEG has no transparency", hint="name it NAME.png, or put a background behind")
    return encode_jpeg(pixels, icc_profile=icc_profile, note=note)


def encode_depth(nearness: NDArray[np.float32], encoding: Literal["jpeg", "png", "png16"], *, note: str = "") -> bytes:
    """Grey picture of (h, w) nearness 0 … 1, white nearest: 8 bits as JPEG or PNG, 16 bits as PNG; `note` is kept."""
    stream = io.BytesIO()
    if encoding == "png16":
        deep = Image.fromarray(np.rint(nearness * 65535).astype(np.uint16))
        deep.save(stream, "PNG", pnginfo=_noted(note))
    elif encoding == "png":
        Image.fromarray(np.rint(nearness * 255).astype(np.uint8)).save(stream, "PNG", pnginfo=_noted(note))
    else:
        flat = Image.fromarray(np.rint(nearness * 255).astype(np.uint8))
        flat.save(stream, "JPEG", quality=95, comment=note.encode())
    return stream.getvalue()


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
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise ImageError(f"{name} has {image.n_frames} frames", hint="give one picture; videos go to `livecut run`")  # type: ignore[attr-defined]
    try:
        profile = image.info.get("icc_profile")
        upright = ImageOps.exif_transpose(image)
        rgb, alpha, profile = _to_rgb(upright, profile)
        pixels = np.asarray(rgb)
    except MemoryError as error:
        raise ImageError(f"{name} is {width}x{height}: not enough memory for it") from error
    except _BROKEN as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{name} is broken: {reason}", hint="copy or download it again") from error
    return StillImage(np.ascontiguousarray(pixels[:, :, ::-1]), alpha, profile)


def _to_rgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, Plane8 | None, bytes | None]:
    """RGB, transparency, and the profile if it still fits the values."""
    if image.mode.startswith("I"):
        # Sixteen bits: Pillow's own conversion clips at 255 instead of scaling.
        image = image.point(lambda value: value * (1 / 257)).convert("L")
    elif image.mode == "F":
        image = image.point(lambda value: value * 255.0).convert("L")
    if image.mode == "CMYK":
        return _from_cmyk(image, profile), None, None
    if not image.has_transparency_data:
        return image.convert("RGB"), None, profile if image.mode in ("RGB", "P") else None
    layers = image.convert("RGBA")
    alpha = np.ascontiguousarray(np.asarray(layers.getchannel("A")))
    return layers.convert("RGB"), alpha, profile if image.mode in ("RGBA", "P", "RGB") else None


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
