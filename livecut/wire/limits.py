"""How large a picture may be, as a contract says it."""

from __future__ import annotations

from dataclasses import dataclass

from livecut.wire.header import MediaType, PictureHeader
from livecut.wire.malformed import Malformed

__all__ = ["MEGABYTE", "Limits"]

MEGABYTE = 1 << 20
"""Both vendors write "Mb" and mean the megabyte of file sizes, 1,048,576 bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one field of a request takes; every bound itself is still allowed."""

    media_types: frozenset[MediaType]
    max_bytes: int
    max_width: int | None = None
    max_height: int | None = None
    max_pixels: int | None = None

    def allows_size(self, header: PictureHeader) -> bool:
        """True when the picture is small enough in pixels."""
        width, height = header.size
        return (
            (self.max_width is None or width <= self.max_width)
            and (self.max_height is None or height <= self.max_height)
            and (self.max_pixels is None or header.pixels <= self.max_pixels)
        )

    def largest(self) -> str:
        """The bound in pixels, for people: `4096x4096` or `25 megapixels`."""
        if self.max_pixels is not None:
            return f"{self.max_pixels / 1e6:g} megapixels"
        return f"{self.max_width}x{self.max_height}"

    def check(self, data: bytes) -> PictureHeader:
        """Header of a picture that is within the limits; `Malformed` says in one line what is not."""
        if len(data) > self.max_bytes:
            allowed = f"{self.max_bytes // MEGABYTE} MB"
            raise Malformed(f"the file has {len(data) / MEGABYTE:.1f} MB ({len(data)} bytes), {allowed} are allowed")
        header = PictureHeader.parse(data)
        if header.media_type not in self.media_types:
            raise Malformed(f"{header.media_type} is not among {', '.join(sorted(self.media_types))}")
        if not self.allows_size(header):
            raise Malformed(f"the picture has {header.size} pixels, {self.largest()} are allowed")
        return header
