"""livecut's own clients against livecut's own server over a real socket: what went in came out."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.red_cutter import RedCutter

from livecut.errors import LivecutError, RemoteBusy, RemoteDenied, RemoteRefused
from livecut.remote.api4ai import Api4aiClient
from livecut.remote.budget import CreditBudget
from livecut.remote.clipdrop import ClipdropClient
from livecut.remote.retries import Retries

Make = Callable[..., bytes]
Serve = Callable[..., Any]
ONCE = Retries(attempts=1)


def test_cut_by_file(serve: Serve, make_portrait: Make, tmp_path: Path) -> None:
    server = serve()
    path = tmp_path / "me.png"
    path.write_bytes(make_portrait("PNG", (40, 30)))
    with Api4aiClient(base=server.base, key=server.key) as client:
        assert client.version() == "v1.3.0"
        cutout = client.cut(path)
        mask = client.cut(path.read_bytes(), mode="fg-mask")
        composed = client.cut(path, background=make_portrait("JPEG", (80, 60)), mode="fg-image-shadow")
    assert (cutout.name, cutout.size, cutout.boxes) == ("me.png", (40, 30), ((0.125, 0.2, 0.25, 0.8),))
    with Image.open(path) as source, Image.open(io.BytesIO(cutout.png)) as cut:
        rgba = np.asarray(cut)
        opaque = rgba[..., 3] == 255
        np.testing.assert_array_equal(rgba[opaque][:, :3], np.asarray(source)[opaque])
    with Image.open(io.BytesIO(mask.png)) as grey:
        np.testing.assert_array_equal(np.asarray(grey), rgba[..., 3])
    with Image.open(io.BytesIO(composed.png)) as whole:
        assert (np.asarray(whole)[..., 3] == 255).all()
    assert server.counts().settled == 3


def test_depth(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    with ClipdropClient(base=server.base, key=server.key) as client:
        result = client.portrait_depth(make_portrait("WEBP", (80, 60)))
    assert (result.remaining_credits, result.credits_consumed) == (99, 1)
    with Image.open(io.BytesIO(result.jpeg)) as depth:
        assert depth.size == (80, 60)


def test_an_open_server_costs_nothing_of_a_budget(serve: Serve, make_portrait: Make) -> None:
    server, budget = serve(open=True), CreditBudget(1)
    with ClipdropClient(base=server.base, budget=budget) as client:
        results = [client.portrait_depth(make_portrait()) for _ in range(2)]
    assert [(result.remaining_credits, result.credits_consumed) for result in results] == [(100, 0)] * 2
    assert budget.spent == 0


def clients(server: Any, key: str | None) -> tuple[Callable[[bytes], Any], Callable[[bytes], Any]]:
    api4ai = Api4aiClient(base=server.base, key=key, retries=ONCE)
    clipdrop = ClipdropClient(base=server.base, key=key, retries=ONCE, sleep=lambda s: None)

    def cut(data: bytes) -> Any:
        with api4ai:
            return api4ai.cut(data)

    def depth(data: bytes) -> Any:
        with clipdrop:
            return clipdrop.portrait_depth(data)

    return cut, depth


def error_of(call: Callable[[bytes], Any], data: bytes) -> tuple[type[LivecutError], str]:
    with pytest.raises(LivecutError) as caught:
        call(data)
    assert caught.value.hint
    return type(caught.value), caught.value.message.rpartition("(")[2].rstrip(")")


def test_errors_of_keys(serve: Serve, make_portrait: Make) -> None:
    server, data = serve(credits=0), make_portrait()
    cut, depth = clients(server, None)
    assert error_of(cut, data) == (RemoteDenied, "401: No API key provided.")
    assert error_of(depth, data) == (RemoteDenied, "401: No api key provided")
    cut, depth = clients(server, "wrong")
    assert error_of(cut, data) == (RemoteDenied, "401: Invalid or revoked API key.")
    assert error_of(depth, data) == (RemoteDenied, "403: Invalid or revoked api key")
    cut, depth = clients(server, server.key)
    assert error_of(cut, data) == (RemoteBusy, "429: No credits left for this API key.")
    assert error_of(depth, data) == (RemoteDenied, "402: No remaining credits")
    server.keys.grant("test", credits=5, per_minute=1)
    cut, depth = clients(server, server.key)
    assert error_of(cut, data) == (RemoteBusy, "429: Too many requests.")
    assert error_of(depth, data) == (RemoteBusy, "429: Too many requests")


def test_errors_of_pictures(serve: Serve, make_portrait: Make) -> None:
    cut_off = make_portrait("PNG", (400, 300))[:-40]
    cut, depth = clients(server := serve(), server_key := server.key)
    with pytest.raises(RemoteRefused, match=r"^API4AI cannot process the picture: Can not load image\.$"):
        cut(cut_off)
    assert error_of(depth, cut_off) == (RemoteRefused, "400: Input image format is not valid")
    assert server_key
    assert server.counts().remaining == 100


def test_errors_of_the_server(serve: Serve, make_portrait: Make) -> None:
    class Broken(RedCutter):
        def matte(self, bgr: Any) -> Any:
            raise RuntimeError("broken")

    cut, depth = clients(server := serve(cutter=Broken()), server.key)
    assert error_of(cut, make_portrait()) == (RemoteRefused, "500: Internal error.")
    assert error_of(depth, make_portrait()) == (RemoteRefused, "500: Internal error")


def test_a_request_beyond_32_megabytes(serve: Serve, make_portrait: Make) -> None:
    """Picture and background of 16 MB are each allowed, and together with the form around them too many."""
    large = make_portrait("PNG", (40, 30)) + b"\0" * ((16 << 20) - len(make_portrait("PNG", (40, 30))))
    server = serve()
    with Api4aiClient(base=server.base, key=server.key, retries=ONCE) as client:
        with pytest.raises(RemoteRefused) as caught:
            client.cut(large, background=large)
        assert client.cut(large).size == (40, 30)
    assert caught.value.message == (
        "API4AI finds the request too large (413: Error: Request Entity Too Large "
        "Your client issued a request that was too large.)"
    )
    assert caught.value.hint


def test_a_request_the_server_cannot_make_sense_of(serve: Serve, make_portrait: Make) -> None:
    """The client builds no such request: its own service is asked to."""
    server = serve()
    with Api4aiClient(base=server.base, key=server.key, retries=ONCE) as client:
        for query, form, reason in (
            ({}, (("other", "x"),), "Missing image or url field."),
            ({"mode": "x"}, (("url", "x"),), "Unknown mode: x. Available modes: "),
        ):
            with pytest.raises(RemoteRefused) as caught:
                client._service.post(f"{server.base}/v1/results", query=query, form=form)
            assert f"(422: {reason}" in caught.value.message
    with ClipdropClient(base=server.base, key=server.key, retries=ONCE) as client:
        with pytest.raises(RemoteRefused) as caught:
            client._service.post(f"{server.base}/portrait-depth-estimation/v1", query={}, form=(("other", "x"),))
        assert "(400: Missing image_file in request)" in caught.value.message


def test_a_server_that_is_full(serve: Serve, make_portrait: Make) -> None:
    go = threading.Event()
    server = serve(cutter=RedCutter(go), at_once=1, waiting=0)
    with ThreadPoolExecutor(1) as pool:
        inside = pool.submit(server.depth, image_file=make_portrait())
        while not server.app.state.serving._line.inside:
            time.sleep(0.01)
        cut, depth = clients(server, server.key)
        for call, data in ((cut, make_portrait()), (depth, make_portrait())):
            with pytest.raises(RemoteBusy, match=r"is overloaded \(503: Too many pictures at once\.\)$") as caught:
                call(data)
            assert caught.value.retry_after_s is not None
            assert caught.value.retry_after_s >= 1.0
        go.set()
        assert inside.result().status_code == 200
    with Api4aiClient(base=server.base, key=server.key) as again:
        assert again.cut(make_portrait()).size == (40, 30)


def test_an_address_that_is_refused(serve: Serve) -> None:
    server = serve()
    with (
        Api4aiClient(base=server.base, key=server.key) as client,
        pytest.raises(RemoteRefused, match=r"^API4AI cannot process the picture: Can not load image from url\.$"),
    ):
        client.cut(url="http://127.0.0.1:1/a.png")
    assert server.counts().remaining == 100


def test_retries_wait_for_the_rate(serve: Serve, make_portrait: Make) -> None:
    server = serve(rate=1)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        server.keys.grant("test", per_minute=1000)

    retries = Retries(attempts=2, longest_s=60.0)
    with Api4aiClient(base=server.base, key=server.key, sleep=sleep, retries=retries) as client:
        client.cut(make_portrait())
        client.cut(make_portrait())
    assert len(slept) == 1
    assert 1.0 <= slept[0] <= 61.0
