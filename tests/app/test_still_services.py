"""The remote services as the stills use them, against a server that speaks their contracts on loopback."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from livecut.app.still_image import StillImage
from livecut.app.still_services import Services
from livecut.app.stills import StillWork
from livecut.errors import RemoteDenied, RemoteRefused
from livecut.settings import Settings
from livecut.settings.load import apply

ANSWER = (40, 30)


def _png() -> bytes:
    stream = io.BytesIO()
    pixels = np.zeros((ANSWER[1], ANSWER[0], 4), np.uint8)
    pixels[:, : ANSWER[0] // 2, 3] = 255
    pixels[..., 0] = 200
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def _jpeg() -> bytes:
    stream = io.BytesIO()
    Image.new("L", ANSWER, 128).save(stream, "JPEG")
    return stream.getvalue()


PNG, JPEG = _png(), _jpeg()


class _Vendor(BaseHTTPRequestHandler):
    calls = 0
    sent = b""

    def do_POST(self) -> None:
        type(self).calls += 1
        type(self).sent = self.rfile.read(int(self.headers["content-length"]))
        if "portrait-depth" in self.path:
            self._answer("image/jpeg", _jpeg())
            return
        entity = {
            "kind": "image",
            "name": "people-fg-image",
            "image": base64.b64encode(_png()).decode(),
            "format": "PNG",
            "representation": "base64",
        }
        result = {
            "status": {"code": "ok", "message": "Success"},
            "name": "image.jpg",
            "md5": "0" * 32,
            "width": ANSWER[0],
            "height": ANSWER[1],
            "entities": [entity],
        }
        self._answer("application/json", json.dumps({"results": [result]}).encode())

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-credits-consumed", "1")
        self.send_header("x-remaining-credits", "9")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def base() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Vendor)
    _Vendor.calls = 0
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _services(base: str, **remote: object) -> Services:
    patch = {"api4ai_base": base, "clipdrop_base": base, "api4ai_key": "k", "clipdrop_key": "k", **remote}
    return Services(apply(Settings(), {"remote": patch}))


def _picture(width: int, height: int) -> StillImage:
    return StillImage(np.full((height, width, 3), 90, np.uint8), None, None)


def _sent() -> NDArray[np.uint8]:
    at = _Vendor.sent.index(b"\xff\xd8\xff")
    return np.asarray(Image.open(io.BytesIO(_Vendor.sent[at:])))


def test_an_answer_of_the_same_size_gives_the_outline_and_the_picture_its_own_colours_within_it(base: str) -> None:
    services = _services(base)
    bgr, alpha = services.cut(_picture(*ANSWER))
    assert set(np.unique(alpha)) == {0, 255}
    # What was sent was compressed, and what comes back is that again.
    assert (bgr[alpha == 255] == 90).all()
    assert (bgr[alpha == 0][:, 2] == 200).all()
    depth = services.depth(_picture(*ANSWER))
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, 128 / 255, atol=0.01)
    services.close()


def test_what_is_hidden_under_transparency_does_not_leave_the_machine(base: str) -> None:
    services = _services(base)
    clear = np.full((ANSWER[1], ANSWER[0]), 255, np.uint8)
    clear[16:] = 0
    picture = StillImage(_picture(*ANSWER).bgr, clear, None)
    bgr, _ = services.cut(picture)
    cut_sent = _sent()
    services.depth(picture)
    for sent in (cut_sent, _sent()):
        assert (np.abs(sent[:8].astype(int) - 90) < 4).all()
        assert (np.abs(sent[24:].astype(int) - 255) < 4).all()
    # White was for the journey only.
    assert (bgr == 90).all()
    services.close()


def test_an_answer_for_a_shrunk_picture_is_stretched_over_its_own_colours(base: str) -> None:
    services = _services(base)
    bgr, alpha = services.cut(_picture(80, 60))
    assert (bgr == 90).all()
    assert alpha.shape == (60, 80)
    assert (alpha[:, :36] == 255).all()
    assert (alpha[:, 44:] == 0).all()
    assert services.depth(_picture(80, 60)).shape == (60, 80)
    services.close()


def test_a_broken_picture_in_an_answer_is_the_services_refusal(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whole by their heads and ends, which is what the clients look at.
    data = PNG.index(b"IDAT") + 4
    png = PNG[:data] + bytes(8) + PNG[data + 8 :]
    jpeg = JPEG.replace(b"\xff\xdb", b"\xff\xfe")  # no table of quanta: its place is a comment's now
    monkeypatch.setitem(globals(), "_png", lambda: png)
    monkeypatch.setitem(globals(), "_jpeg", lambda: jpeg)
    services = _services(base)
    for asked in (services.cut, services.depth):
        with pytest.raises(RemoteRefused, match=r"^the service's answer is broken") as caught:
            asked(_picture(*ANSWER))
        assert caught.value.exit_code == 5
        assert caught.value.hint
    services.close()


def test_every_call_asks_whether_it_may_leave_and_waits_as_it_is_told(base: str) -> None:
    left: list[int] = []
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        raise KeyboardInterrupt

    patch = {"api4ai_base": base, "clipdrop_base": base, "api4ai_key": "k", "clipdrop_key": "k"}
    settings = apply(Settings(), {"remote": {**patch, "clipdrop_per_minute": 1}})
    services = Services(settings, before_leaving=lambda: left.append(_Vendor.calls), sleep=sleep)
    services.cut(_picture(*ANSWER))
    services.depth(_picture(*ANSWER))
    with pytest.raises(KeyboardInterrupt):
        services.depth(_picture(*ANSWER))
    services.close()
    assert left == [0, 1]
    assert slept == [pytest.approx(60.0, abs=30.0)]
    assert _Vendor.calls == 2


def test_the_budget_is_shared_and_never_passed(base: str) -> None:
    services = _services(base, credit_budget=2)
    services.cut(_picture(*ANSWER))
    services.depth(_picture(*ANSWER))
    with pytest.raises(RemoteDenied):
        services.cut(_picture(*ANSWER))
    services.close()
    assert _Vendor.calls == 2


def test_side_by_side_the_budget_is_one_and_leaving_is_said_once(base: str, caplog: pytest.LogCaptureFixture) -> None:
    settings = apply(
        Settings(),
        {"remote": {"api4ai_base": base, "api4ai_key": "k", "credit_budget": 2}, "model": {"name": "absent"}},
    )
    shared = Services(settings)
    works = [StillWork(settings, via="api4ai", services=shared) for _ in range(4)]
    denied = 0
    for work in works:
        try:
            work.cut(np.full((30, 40, 3), 90, np.uint8), name="me")
        except RemoteDenied:
            denied += 1
        work.close()
    assert (_Vendor.calls, denied) == (2, 2)
    assert sum("leave this machine" in record.message for record in caplog.records) == 1
    shared.close()
