"""Every limit at its edge from livecut's own clients to its own server: the bound passes, one more is not sent."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image
from support.padding import padded

from livecut.errors import ImageError, RemoteRefused
from livecut.remote.api4ai import Api4aiClient
from livecut.remote.clipdrop import ClipdropClient
from livecut.remote.retries import Retries

Make = Callable[..., bytes]
Serve = Callable[..., Any]
MB = 1 << 20
ONCE = Retries(attempts=1)


def blank(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def asked(server: Any) -> int:
    """Requests the server has answered, those for the counts themselves left out."""
    lines = server.client.get(f"{server.base}/metrics").text.splitlines()
    wanted = ('livecut_requests_total{route="results"', 'livecut_requests_total{route="depth"')
    return int(sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(wanted)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_sixteen_megabytes_of_picture_or_background(serve: Serve, make_portrait: Make, kind: str) -> None:
    server, small = serve(), make_portrait(kind, (64, 48))
    edge, over = padded(small, 16 * MB), padded(small, 16 * MB + 1)
    assert (len(edge), len(over)) == (16 * MB, 16 * MB + 1)
    with Api4aiClient(base=server.base, key=server.key, retries=ONCE) as client:
        assert client.cut(edge).size == (64, 48)
        assert client.cut(small, background=edge).size == (64, 48)
        for pictures in ((over, None), (small, over)):
            with pytest.raises(ImageError, match=r"\(16777217 bytes\), 16 MB are allowed$") as caught:
                client.cut(pictures[0], background=pictures[1])
            assert caught.value.hint == "livecut can send a smaller copy: shrink=True"
        assert asked(server) == 2
        assert client.cut(over, background=over, shrink=True).size == (64, 48)


def test_4096_by_4096(serve: Serve) -> None:
    server = serve()
    with Api4aiClient(base=server.base, key=server.key, retries=ONCE) as client:
        assert client.cut(blank(4096, 4096), mode="fg-mask").size == (4096, 4096)
        for size in ((4096, 1), (1, 4096)):
            assert client.cut(blank(*size), background=blank(*size)).size == size
        for width, height in ((4097, 1), (1, 4097), (4096, 4097)):
            with pytest.raises(ImageError, match=f"has {width}x{height} pixels, 4096x4096 are allowed$"):
                client.cut(blank(width, height))
            with pytest.raises(ImageError, match=f"has {width}x{height} pixels, 4096x4096 are allowed$"):
                client.cut(blank(4, 4), background=blank(width, height))
        assert asked(server) == 3
        assert client.cut(blank(4097, 1), shrink=True).size == (4096, 1)


def test_25_megapixels(serve: Serve) -> None:
    server = serve()
    with ClipdropClient(base=server.base, key=server.key, retries=ONCE) as client:
        assert client.portrait_depth(blank(5000, 5000)).credits_consumed == 1
        for width, height in ((25_000_001, 1), (5001, 5000)):
            with pytest.raises(ImageError, match=f"has {width}x{height} pixels, 25 megapixels are allowed$"):
                client.portrait_depth(blank(width, height))
        assert asked(server) == 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_30_megabytes(serve: Serve, make_portrait: Make, kind: str) -> None:
    server, small = serve(), make_portrait(kind, (64, 48))
    edge, over = padded(small, 30 * MB), padded(small, 30 * MB + 1)
    assert (len(edge), len(over)) == (30 * MB, 30 * MB + 1)
    with ClipdropClient(base=server.base, key=server.key, retries=ONCE) as client:
        assert client.portrait_depth(edge).credits_consumed == 1
        with pytest.raises(ImageError, match=r"\(31457281 bytes\), 30 MB are allowed$"):
            client.portrait_depth(over)
        assert asked(server) == 1
        assert client.portrait_depth(over, shrink=True).credits_consumed == 1
    # Past the client, the server's own bound.
    response = server.depth(image_file=over)
    assert (response.status_code, response.json()) == (400, {"error": "Image file is too big, 30 Mb are allowed"})


def test_32_megabytes_of_request(serve: Serve, make_portrait: Make) -> None:
    """No picture reaches this bound alone: two within theirs do, together with the form around them."""
    server, small, lengths = serve(), make_portrait("PNG", (64, 48)), []

    class Weighed(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            lengths.append(int(request.headers["content-length"]))
            return super().handle_request(request)

    transport = Weighed(verify=False, trust_env=False)
    with Api4aiClient(base=server.base, key=server.key, retries=ONCE, transport=transport) as client:
        client.cut(small, background=small)
        around = lengths[0] - 2 * len(small)
        first = padded(small, 16 * MB)
        room = 16 * MB - around
        assert client.cut(first, background=padded(small, room)).size == (64, 48)
        with pytest.raises(RemoteRefused, match=r"^API4AI finds the request too large \(413: "):
            client.cut(first, background=padded(small, room + 1))
    assert lengths[1:] == [32 * MB, 32 * MB + 1]
    assert server.counts().settled == 2
