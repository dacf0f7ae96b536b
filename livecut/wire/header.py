"""What a picture is and how large, from the first bytes of its file, without decoding it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias

from livecut.types import Size
from livecut.wire.malformed import Malformed

__all__ = ["MediaType", "PictureHeader"]

MediaType: TypeAlias = Literal["image/jpeg", "image/png", "image/webp"]

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
# Frame headers of every JPEG coding; C4, C8 and CC lie among them and are tables.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """Type and size of a picture, as its own bytes say; the rest of the file may still be broken."""

    media_type: MediaType
    size: Size
    """As stored: an orientation in the metadata is not applied."""

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.size.width * self.size.height

    @classmethod
    def parse(cls, data: bytes) -> PictureHeader:
        """Read the header of a JPEG, PNG or WEBP file; `Malformed` when it is none or ends too early."""
        try:
            if data.startswith(_PNG_MAGIC):
                return cls("image/png", _png_size(data))
            if data.startswith(b"\xff\xd8\xff"):
                return cls("image/jpeg", _jpeg_size(data))
            if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
                return cls("image/webp", _webp_size(data))
        except (struct.error, IndexError) as error:
            raise Malformed("the picture's header is cut off") from error
        raise Malformed("neither JPEG, PNG nor WEBP")


def _checked(width: int, height: int) -> Size:
    if width < 1 or height < 1:
        raise Malformed(f"the picture's header says {width}x{height}")
    return Size(width, height)


def _png_size(data: bytes) -> Size:
    length, kind, width, height = struct.unpack_from(">I4sII", data, len(_PNG_MAGIC))
    if kind != b"IHDR" or length != 13:
        raise Malformed("the PNG does not begin with its header")
    return _checked(width, height)


def _jpeg_size(data: bytes) -> Size:
    at = 2
    while True:
        if data[at] != 0xFF:
            raise Malformed("the JPEG has no frame header where one belongs")
        while data[at] == 0xFF:  # any number of fill bytes may stand before a marker
            at += 1
        marker = data[at]
        at += 1
        if marker in _JPEG_ALONE:
            continue
        if marker in (_JPEG_SCAN, _JPEG_END):
            raise Malformed("the JPEG has no frame header")
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2:
            raise Malformed("the JPEG has a segment of no length")
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return _checked(width, height)
        at += length


def _webp_size(data: bytes) -> Size:
    kind = data[12:16]
    if kind == b"VP8 ":
        if data[23:26] != b"\x9d\x01\x2a":
            raise Malformed("the WEBP has no start code")
        width, height = struct.unpack_from("<HH", data, 26)
        return _checked(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        if data[20] != 0x2F:
            raise Malformed("the WEBP has no signature")
        (bits,) = struct.unpack_from("<I", data, 21)
        return _checked((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        width_low, width_high, height_low, height_high = struct.unpack_from("<HBHB", data, 24)
        return _checked((width_low | width_high << 16) + 1, (height_low | height_high << 16) + 1)
    raise Malformed("the WEBP begins with an unknown chunk")
