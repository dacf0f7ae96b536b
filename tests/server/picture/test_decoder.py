from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from livecut.server.picture.decoder import Decoder, Undecodable

Make = Callable[..., bytes]
# A decoder whose picture says what becomes of it.
WILFUL = """
import os, struct, sys, time
while True:
    head = sys.stdin.buffer.read(8)
    if len(head) < 8: break
    data = sys.stdin.buffer.read(struct.unpack('>Q', head)[0])
    if data == b'die': os.abort()
    if data == b'hang': time.sleep(600)
    text = b'{"width": 1, "height": 1, "lengths": [3, 0, 0]}'
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
    decoded = decoder.decode(make_portrait("PNG", (40, 30)))
    assert decoded.bgr.shape == (30, 40, 3)
    assert decoded.bgr[0, 0].tolist() == [60, 90, 40]
    assert decoded.alpha is None


def test_a_broken_picture_leaves_the_process_alive(decoder: Decoder, make_portrait: Make) -> None:
    whole = make_portrait("JPEG", (400, 300))
    for _ in range(3):
        with pytest.raises(Undecodable):
            decoder.decode(whole[: len(whole) // 2])
    assert decoder.deaths == 0
    assert decoder.decode(whole).bgr.shape == (300, 400, 3)


def test_threads_share_the_processes(decoder: Decoder, make_portrait: Make) -> None:
    pictures = [make_portrait("PNG", (10 + n, 10)) for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        assert [decoded.bgr.shape[1] for decoded in pool.map(decoder.decode, pictures)] == list(range(10, 22))


@pytest.mark.parametrize("fate", [b"die", b"hang", b"half"])
def test_a_decoder_that_dies_or_hangs_ends_one_request(wilful: Decoder, fate: bytes) -> None:
    assert wilful.decode(b"fine").bgr.tolist() == [[[98, 103, 114]]]
    with pytest.raises(Undecodable, match="died or took too long"):
        wilful.decode(fate)
    assert wilful.deaths == 1
    assert wilful.decode(b"fine").bgr.tolist() == [[[98, 103, 114]]]


def test_a_decoder_that_cannot_be_started() -> None:
    decoder = Decoder(1, command=("/nowhere/python",))
    with pytest.raises(Undecodable):
        decoder.decode(b"x")
    decoder.close()


def test_closing_twice_and_using_it_again(make_portrait: Make) -> None:
    decoder = Decoder(1)
    decoder.decode(make_portrait())
    decoder.close()
    decoder.close()
    assert decoder.decode(make_portrait()).bgr.size
    decoder.close()
