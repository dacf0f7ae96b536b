"""A smaller copy of a picture that a service finds too large."""

from __future__ import annotations

import io
import math
import warnings

from PIL import Image

from livecut.errors import ImageError
from livecut.types import Size
from livecut.wire.header import PictureHeader
from livecut.wire.limits import Limits
from livecut.wire.malformed import Malformed

__all__ = ["checked", "shrunk"]

_MAX_PIXELS = 400_000_000
_JPEG_QUALITIES = (92, 85, 75)
_STEP = 0.8


def checked(data: bytes, limits: Limits, *, what: str, shrink: bool) -> tuple[bytes, PictureHeader]:
    """The picture as it may be sent, shrunk where that is needed and wanted, and its header.

    Raises `ImageError` with the offer to shrink for one that is too large, without for one that is no picture.
    """
    try:
        return data, limits.check(data)
    except Malformed as error:
        try:
            header = PictureHeader.parse(data)
        except Malformed as reason:
            raise ImageError(f"{what} is not a picture the service takes: {reason}", hint=_takes(limits)) from reason
        if header.media_type not in limits.media_types:
            raise ImageError(f"{what} cannot be sent: {error}", hint=_takes(limits)) from error
        if not shrink:
            hint = "livecut can send a smaller copy: shrink=True"
            raise ImageError(f"{what} is too large to be sent: {error}", hint=hint) from error
    smaller = shrunk(data, limits)
    return smaller, limits.check(smaller)


def _takes(limits: Limits) -> str:
    names = ", ".join(sorted(media_type.partition("/")[2].upper() for media_type in limits.media_types))
    return f"it takes {names}"


def shrunk(data: bytes, limits: Limits) -> bytes:
    """A copy of the same type within the limits, as large as they allow; orientation and colour profile are kept.

    JPEG and WEBP lose quality before they lose size. Raises `ImageError` when the picture cannot be read.
    """
    header = PictureHeader.parse(data)
    if header.pixels > _MAX_PIXELS:
        raise ImageError(f"the picture has {header.size} pixels, too many to be shrunk here", hint="shrink it yourself")
    scale = _scale(header.size, limits)
    try:
        with warnings.catch_warnings():
            # The size is bounded above; Pillow's own warning comes for large photographs too.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=(header.media_type.partition("/")[2].upper(),))
        picture.draft(None, _scaled(header.size, scale))
        picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ImageError("the picture is broken and cannot be shrunk", hint="open and save it again") from error
    while True:
        size = _scaled(header.size, scale)
        small = picture if picture.size == size else _resized(picture, size)
        for quality in (None,) if picture.format == "PNG" else _JPEG_QUALITIES:
            encoded = _encoded(small, picture, quality)
            if len(encoded) <= limits.max_bytes:
                return encoded
        if size == (1, 1):
            raise ImageError("the picture cannot be made small enough", hint="remove its metadata")
        scale *= _STEP


def _scale(size: Size, limits: Limits) -> float:
    width, height = size
    bounds = [1.0]
    if limits.max_width is not None:
        bounds.append(limits.max_width / width)
    if limits.max_height is not None:
        bounds.append(limits.max_height / height)
    if limits.max_pixels is not None:
        bounds.append(math.sqrt(limits.max_pixels / (width * height)))
    return min(bounds)


def _scaled(size: Size, scale: float) -> Size:
    # Rounded down, so that no bound is passed by half a pixel.
    return Size(max(1, int(size.width * scale + 1e-9)), max(1, int(size.height * scale + 1e-9)))


def _resized(picture: Image.Image, size: Size) -> Image.Image:
    # Palettes and bitmaps cannot be averaged.
    if picture.mode in ("P", "1"):
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture.resize(size, Image.Resampling.LANCZOS)


def _encoded(small: Image.Image, original: Image.Image, quality: int | None) -> bytes:
    kept = {name: original.info[name] for name in ("icc_profile", "exif") if original.info.get(name)}
    if quality is not None:
        kept |= {"quality": quality}
    out = io.BytesIO()
    small.save(out, original.format, **kept)
    return out.getvalue()
