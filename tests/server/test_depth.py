"""Clipdrop's contract over a real socket."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from sqlalchemy.exc import OperationalError

Make = Callable[..., bytes]
Serve = Callable[..., Any]


def test_success(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    response = server.depth(image_file=("portrait.png", make_portrait("PNG", (160, 120)), "image/png"))
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["x-remaining-credits"] == "99"
    assert response.headers["x-credits-consumed"] == "1"
    with Image.open(io.BytesIO(response.content)) as opened:
        assert (opened.format, opened.mode, opened.size) == ("JPEG", "L", (160, 120))
        depth = np.asarray(opened)
    assert depth[110, 40] > 230
    assert not depth[:, 80:].any()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_documented_type(serve: Serve, make_portrait: Make, kind: str) -> None:
    assert serve().depth(image_file=("x.bin", make_portrait(kind), "text/plain")).status_code == 200


def test_of_an_animated_webp_the_first_picture(serve: Serve) -> None:
    out = io.BytesIO()
    first, later = Image.new("RGB", (20, 10), (230, 30, 20)), Image.new("RGB", (20, 10), (10, 200, 10))
    first.save(out, "WEBP", save_all=True, append_images=[later], lossless=True)
    response = serve().depth(image_file=out.getvalue())
    assert response.status_code == 200
    with Image.open(io.BytesIO(response.content)) as opened:
        assert np.asarray(opened).any()


def test_nobody_in_the_picture(serve: Serve) -> None:
    out = io.BytesIO()
    Image.new("RGB", (50, 40), (10, 200, 10)).save(out, "PNG")
    response = serve().depth(image_file=out.getvalue())
    assert response.status_code == 200
    with Image.open(io.BytesIO(response.content)) as opened:
        assert not np.asarray(opened).any()


def error(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/json"
    (message,) = response.json().values()
    assert list(response.json()) == ["error"]
    return response.status_code, message


def test_what_is_malformed(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    assert error(server.depth()) == (400, "Missing image_file in request")
    assert error(server.depth(image=make_portrait())) == (400, "Missing image_file in request")
    assert error(server.depth(image_file=b"")) == (400, "Input image format is not valid")
    assert error(server.depth(image_file=make_portrait("GIF"))) == (400, "Input image format is not valid")
    assert error(server.depth(image_file=make_portrait("JPEG")[:200])) == (400, "Input image format is not valid")
    out = io.BytesIO()
    Image.new("1", (5001, 5000)).save(out, "PNG")
    message = "Image resolution is too big: 5001x5000, 25 megapixels are allowed"
    assert error(server.depth(image_file=out.getvalue())) == (400, message)
    large = make_portrait() + b"\0" * (30 << 20)
    assert error(server.depth(image_file=large)) == (400, "Image file is too big, 30 Mb are allowed")
    assert error(server.depth(image_file=b"\0" * (40 << 20))) == (400, "Image file is too big, 30 Mb are allowed")
    assert server.counts().remaining == 100


def test_keys_credits_and_rate(serve: Serve, make_portrait: Make) -> None:
    server = serve(credits=1)
    data = make_portrait()
    assert error(server.depth(key=None, image_file=data)) == (401, "No api key provided")
    assert error(server.depth(key="lc_wrong", image_file=data)) == (403, "Invalid or revoked api key")
    last = server.depth(image_file=data)
    assert (last.status_code, last.headers["x-remaining-credits"]) == (200, "0")
    assert error(server.depth(image_file=data)) == (402, "No remaining credits")
    server.keys.grant("test", credits=9, per_minute=1)
    limited = server.depth(image_file=data)
    assert error(limited) == (429, "Too many requests")
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    server.keys.revoke("test")
    assert error(server.depth(image_file=data)) == (403, "Invalid or revoked api key")


def test_a_database_that_fails_at_the_end_costs_nothing(
    serve: Serve, make_portrait: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    server = serve()
    credits = server.app.state.serving._door._credits
    monkeypatch.setattr(credits, "_moved", locked)
    assert error(server.depth(image_file=make_portrait())) == (503, "Service is unavailable")
    assert server.counts().reserved == 1
    monkeypatch.undo()
    assert credits.return_abandoned(alone=False) == 1  # as the heartbeat does
    assert (server.counts().remaining, server.counts().reserved) == (100, 0)


def test_a_network_that_fails_costs_nothing(serve: Serve, make_portrait: Make) -> None:
    class Broken:
        def matte(self, bgr: Any) -> Any:
            raise RuntimeError("sesame")

        portrait_depth = matte

        def close(self) -> None:
            pass

    server = serve(cutter=Broken())
    assert error(server.depth(image_file=make_portrait())) == (500, "Internal error")
    assert server.results(image=make_portrait()).json() == {"message": "Internal error."}
    assert (server.counts().remaining, server.counts().reserved) == (100, 0)
