"""Pictures in files of an exact length, for limits at their edges."""

from __future__ import annotations

import struct
import zlib

__all__ = ["padded"]


def padded(data: bytes, length: int) -> bytes:
    """The same picture in a file of exactly `length` bytes, by what its format lets readers skip."""
    room = length - len(data)
    if data.startswith(b"\x89PNG"):
        body = b"liVe" + b"\0" * (room - 12)
        return data[:33] + struct.pack(">I", room - 12) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]
    if data.startswith(b"\xff\xd8"):
        segments = []
        while room:
            # A segment holds 65,533 bytes at most, and no remainder may be too short for its own four.
            whole = min(room, 65_537) if room >= 65_541 or room <= 65_537 else room - 4
            segments.append(b"\xff\xfe" + struct.pack(">H", whole - 2) + b"\0" * (whole - 4))
            room -= whole
        return data[:2] + b"".join(segments) + data[2:]
    assert data.startswith(b"RIFF")
    # A chunk of uneven length is filled up, which the length inside leaves out.
    chunk = b"liVe" + struct.pack("<I", room - 8 - room % 2) + b"\0" * (room - 8)
    return data[:4] + struct.pack("<I", length - 8 - length % 2) + data[8:] + chunk
