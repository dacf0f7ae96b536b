"""Pictures that are not what they say: no 500, and the server goes on."""

from __future__ import annotations

import io
import random
import re
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.two_headers import two_headers

from livecut.server.store.database import Database
from livecut.server.store.keys import Keys

Make = Callable[..., bytes]
Serve = Callable[..., Any]


def bomb(width: int, height: int) -> bytes:
    """A PNG whose pixels are promised by its header and never come to be: a few bytes for gigabytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
        + chunk(b"IEND", b"")
    )


def malformed(make_portrait: Make) -> list[bytes]:
    """203 of them: cut off at every tenth, bits flipped, of another type, and promising more than they hold."""
    rng = random.Random(20)
    found = []
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = make_portrait(kind, (160, 120))
        found += [whole[: len(whole) * tenth // 10] for tenth in range(10)]
        for _ in range(53):
            flipped = bytearray(whole)
            for _ in range(rng.randint(1, 30)):
                flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
            found.append(bytes(flipped))
    found += [make_portrait(kind) for kind in ("GIF", "BMP", "TIFF")]
    found += [bomb(*size) for size in ((4096, 4096), (65535, 65535), (2**31 - 1, 1), (5000, 5000))]
    icc = b"\0" * 200
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG", icc_profile=icc)
    return [*found, out.getvalue(), b"", b"\xff\xd8\xff", b"%PDF-1.4", b"<svg/>", b"RIFF\0\0\0\0WEBP"]


def resident_mb(pid: int) -> float:
    """Memory of a process and its children, in MB."""
    total = 0.0
    for one in (str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        status = Path(f"/proc/{one}/status").read_text()
        total += int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024
    return total


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_two_hundred_malformed_pictures_leave_the_server_alive_and_no_larger(
    start: Callable[..., Any], key: str, make_portrait: Make, tmp_path: Path, counts: Callable[[], Any]
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'keys.sqlite3'}")
    Keys(database).grant("test", credits=1000, per_minute=1_000_000)
    database.close()
    server = start()
    found = malformed(make_portrait)
    assert len(found) >= 200

    def ask(data: bytes) -> tuple[int, int]:
        results = server.client.post(f"{server.base}/v1/results", headers={"X-API-KEY": key}, files={"image": data})
        return results.status_code, server.depth(key, data).status_code

    # Threads and decoders are there once they were needed, and stay.
    for _ in range(4):
        assert ask(make_portrait("PNG", (640, 480))) == (200, 200)
    before = resident_mb(server.process.pid)
    for data in found:
        results, depth = ask(data)
        assert results == 200
        assert depth in (200, 400)
    assert resident_mb(server.process.pid) - before < 50.0
    assert ask(make_portrait()) == (200, 200)
    after = counts()
    assert (after.granted, after.reserved) == (after.settled + after.remaining, 0)


def test_malformed_pictures(serve: Serve, make_portrait: Make) -> None:
    server = serve(credits=1000)
    for data in malformed(make_portrait)[::4]:
        results, depth = server.results(image=data), server.depth(image_file=data)
        assert results.status_code == 200
        answer = results.json()["results"][0]
        if answer["status"]["code"] == "failure":
            message = answer["status"]["message"]
            assert message == "Can not load image." or message.startswith("Resolution is too big: ")
            assert set(answer) == {"status", "name", "md5", "entities"}
        assert depth.status_code in (200, 400)
    assert server.results(image=make_portrait()).json()["results"][0]["status"]["code"] == "ok"
    counts = server.counts()
    assert counts.granted == counts.settled + counts.remaining
    assert counts.reserved == 0


def test_a_picture_that_is_larger_than_its_first_header_says(serve: Serve) -> None:
    server, data = serve(), two_headers((10, 10), (5000, 3000))
    results, depth = server.results(image=data), server.depth(image_file=data)
    assert results.json()["results"][0]["status"] == {"code": "failure", "message": "Can not load image."}
    assert (depth.status_code, depth.json()) == (400, {"error": "Input image format is not valid"})
    assert server.counts().remaining == 100


def test_nothing_is_written_to_disk(serve: Serve, make_portrait: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    monkeypatch.setenv("TMPDIR", "/nowhere/at/all")  # of the decoder's process
    with pytest.raises(FileNotFoundError):
        tempfile.TemporaryFile().close()
    large = make_portrait() + b"\0" * (5 << 20)
    assert server.results(image=large, image_bg=large).json()["results"][0]["status"]["code"] == "ok"
    assert server.depth(image_file=large).status_code == 200
