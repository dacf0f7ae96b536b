from __future__ import annotations

import struct

import pytest

from livecut.wire import clipdrop
from livecut.wire.api4ai.request import LIMITS as RESULTS_LIMITS
from livecut.wire.api4ai.request import MAX_REQUEST_BYTES
from livecut.wire.limits import Limits
from livecut.wire.malformed import Malformed


def png(width: int, height: int, length: int = 40) -> bytes:
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height)
    return head.ljust(length, b"\0")


def webp(width: int, height: int) -> bytes:
    return b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)


def test_the_bounds_are_the_documents() -> None:
    assert RESULTS_LIMITS.max_bytes == 16 * 1024 * 1024
    assert MAX_REQUEST_BYTES == 32 * 1024 * 1024
    assert clipdrop.LIMITS.max_bytes == 30 * 1024 * 1024
    assert clipdrop.LIMITS.max_pixels == 25_000_000


@pytest.mark.parametrize(
    ("limits", "data"),
    [
        (RESULTS_LIMITS, png(4096, 4096)),
        (RESULTS_LIMITS, png(1, 4096)),
        (RESULTS_LIMITS, png(8, 8, 16 * 1024 * 1024)),
        (clipdrop.LIMITS, png(5000, 5000)),
        (clipdrop.LIMITS, png(25_000_000, 1)),
        (clipdrop.LIMITS, png(8, 8, 30 * 1024 * 1024)),
        (clipdrop.LIMITS, webp(8, 8)),
    ],
)
def test_the_bound_itself_is_allowed(limits: Limits, data: bytes) -> None:
    assert limits.check(data).pixels > 0


@pytest.mark.parametrize(
    ("limits", "data", "message"),
    [
        (RESULTS_LIMITS, png(4097, 1), "the picture has 4097x1 pixels, 4096x4096 are allowed"),
        (RESULTS_LIMITS, png(4096, 4097), "the picture has 4096x4097 pixels, 4096x4096 are allowed"),
        (
            RESULTS_LIMITS,
            png(8, 8, 16 * 1024 * 1024 + 1),
            "the file has 16.0 MB (16777217 bytes), 16 MB are allowed",
        ),
        (RESULTS_LIMITS, webp(8, 8), "image/webp is not among image/jpeg, image/png"),
        (clipdrop.LIMITS, png(25_000_001, 1), "the picture has 25000001x1 pixels, 25 megapixels are allowed"),
        (clipdrop.LIMITS, png(5001, 5000), "the picture has 5001x5000 pixels, 25 megapixels are allowed"),
        (
            clipdrop.LIMITS,
            png(8, 8, 30 * 1024 * 1024 + 1),
            "the file has 30.0 MB (31457281 bytes), 30 MB are allowed",
        ),
    ],
)
def test_one_more_is_not(limits: Limits, data: bytes, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        limits.check(data)
    assert str(caught.value) == message
