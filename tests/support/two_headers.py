"""A PNG with two headers: readers disagree about which of them counts."""

from __future__ import annotations

import struct
import zlib

__all__ = ["two_headers"]


def two_headers(first: tuple[int, int], second: tuple[int, int]) -> bytes:
    """A grey, black PNG whose pixels are those of the second width and height."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def header(size: tuple[int, int]) -> bytes:
        return chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))

    width, height = second
    pixels = zlib.compress((b"\0" * (width + 1)) * height)
    return b"\x89PNG\r\n\x1a\n" + header(first) + header(second) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
