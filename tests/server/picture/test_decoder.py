from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.two_headers import two_headers

from livecut.server.picture.decoder import Decoder, Undecodable
from livecut.types import Size
from livecut.wire.header import PictureHeader

ONE = Size(1, 1)
Make = Callable[..., bytes]
# A decoder whose picture says what becomes of it.
WILFUL = """
import os, struct, sys, time
while True:
    head = sys.stdin.buffer.read(16)
    if len(head) < 16: break
    data = sys.stdin.buffer.read(struct.unpack('>QII', head)[0])
    if data == b'die': os.abort()
    if data == b'hang': time.sleep(600)
    text = b'{"width": 1, "height": 1, "lengths": [3, 0, 0]}'
    if data == b'large': text = b'{"width": 9, "height": 9, "lengths": [243, 0, 0]}'
    if data == b'long': text = b'{"width": 1, "height": 1, "lengths": [3, 0, 99999999999]}'
    if data == b'odd': text = b'[1]'
    if data == b'no json': text = b'{'
    if data == b'half': sys.stdout.buffer.write(struct.pack('>I', 40) + text[:10]); break
    sys.stdout.buffer.write(struct.pack('>I', len(text)) + text + b'bgr'); sys.stdout.buffer.flush()
"""


@pytest.fixture
def wilful() -> Iterator[Decoder]:
    decoder = Decoder(1, timeout_s=2.0, command=(sys.executable, "-c", WILFUL))
    yield decoder
    decoder.close()


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder(2)
    yield decoder
    decoder.close()


def test_a_picture(decoder: Decoder, make_portrait: Make) -> None:
    decoded = decoder.decode(make_portrait("PNG", (40, 30)), Size(40, 30))
    assert decoded.bgr.shape == (30, 40, 3)
    assert decoded.bgr[0, 0].tolist() == [60, 90, 40]
    assert decoded.alpha is None


def test_a_broken_picture_leaves_the_process_alive(decoder: Decoder, make_portrait: Make) -> None:
    whole = make_portrait("JPEG", (400, 300))
    for _ in range(3):
        with pytest.raises(Undecodable):
            decoder.decode(whole[: len(whole) // 2], Size(400, 300))
    assert decoder.deaths == 0
    assert decoder.decode(whole, Size(400, 300)).bgr.shape == (300, 400, 3)


def test_threads_share_the_processes(decoder: Decoder, make_portrait: Make) -> None:
    sizes = [Size(10 + n, 10) for n in range(12)]
    pictures = [make_portrait("PNG", size) for size in sizes]
    with ThreadPoolExecutor(6) as pool:
        found = [decoded.bgr.shape[1] for decoded in pool.map(decoder.decode, pictures, sizes)]
    assert found == list(range(10, 22))


def test_a_picture_of_another_size_than_was_checked_is_not_decoded(decoder: Decoder) -> None:
    data = two_headers((10, 10), (300, 200))
    assert PictureHeader.parse(data).size == (10, 10)
    with pytest.raises(Undecodable, match=r"OtherSize|DecompressionBombError"):
        decoder.decode(data, Size(10, 10))
    assert decoder.deaths == 0


@pytest.mark.parametrize("folder", ["PIL", "json"])
def test_nothing_is_imported_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_portrait: Make, folder: str
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    decoder = Decoder(1)
    assert decoder.decode(make_portrait(), Size(40, 30)).bgr.size
    decoder.close()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("fate", [b"die", b"hang", b"half", b"large", b"long", b"odd", b"no json"])
def test_a_decoder_that_dies_or_hangs_ends_one_request(wilful: Decoder, fate: bytes) -> None:
    assert wilful.decode(b"fine", ONE).bgr.tolist() == [[[98, 103, 114]]]
    with pytest.raises(Undecodable, match="died or took too long"):
        wilful.decode(fate, ONE)
    assert wilful.deaths == 1
    assert wilful.decode(b"fine", ONE).bgr.tolist() == [[[98, 103, 114]]]


def test_a_decoder_that_cannot_be_started() -> None:
    decoder = Decoder(1, command=("/nowhere/python",))
    with pytest.raises(Undecodable):
        decoder.decode(b"x", ONE)
    decoder.close()


def test_closing_twice_and_using_it_again(make_portrait: Make) -> None:
    decoder = Decoder(1)
    decoder.decode(make_portrait(), Size(40, 30))
    decoder.close()
    decoder.close()
    assert decoder.decode(make_portrait(), Size(40, 30)).bgr.size
    decoder.close()
