from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.types import Size
from livecut.wire.header import PictureHeader
from livecut.wire.malformed import Malformed

TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
CUT = "the picture's header is cut off"
NONE = "neither JPEG, PNG nor WEBP"
MESSAGES = {
    "empty.bin": NONE,
    "text.txt": NONE,
    "gif.gif": NONE,
    "bmp.bmp": NONE,
    "cut_off.png": CUT,
    "no_ihdr.png": "the PNG does not begin with its header",
    "zero_width.png": "the picture's header says 0x5",
    "cut_off.jpg": CUT,
    "only_fill_bytes.jpg": CUT,
    "no_frame.jpg": "the JPEG has no frame header",
    "ends_at_once.jpg": "the JPEG has no frame header",
    "segment_of_no_length.jpg": "the JPEG has a segment of no length",
    "no_marker.jpg": "the JPEG has no frame header where one belongs",
    "zero_height.jpg": "the picture's header says 5x0",
    "cut_off.webp": CUT,
    "no_start_code.webp": "the WEBP has no start code",
    "no_signature.webp": "the WEBP has no signature",
    "unknown_chunk.webp": "the WEBP begins with an unknown chunk",
}


@pytest.mark.each("header/*_5x3.*")
def test_type_and_size_are_read_from_the_bytes(fixtures: Any, path: str) -> None:
    header = PictureHeader.parse(fixtures.bytes(path))
    assert header == PictureHeader(TYPES[path.rpartition(".")[2]], Size(5, 3))  # type: ignore[arg-type]
    assert header.pixels == 15


@pytest.mark.each("header/malformed_*")
def test_malformed(fixtures: Any, path: str) -> None:
    with pytest.raises(Malformed) as caught:
        PictureHeader.parse(fixtures.bytes(path))
    assert str(caught.value) == MESSAGES[path.partition("malformed_")[2]]


@pytest.mark.each("header/*_5x3.*")
def test_every_cut_either_gives_the_size_or_is_malformed(fixtures: Any, path: str) -> None:
    whole = fixtures.bytes(path)
    for end in range(len(whole)):
        try:
            assert PictureHeader.parse(whole[:end]).size == (5, 3)
        except Malformed:
            continue


@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8 ", b""]), st.binary(max_size=80))
def test_any_bytes_are_a_picture_or_malformed(magic: bytes, rest: bytes) -> None:
    try:
        header = PictureHeader.parse(magic + rest)
    except Malformed:
        return
    assert min(header.size) >= 1
