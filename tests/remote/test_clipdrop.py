from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from livecut.errors import (
    ImageError,
    LivecutError,
    RemoteBusy,
    RemoteDenied,
    RemoteRefused,
    RemoteUnreachable,
    SettingsError,
)
from livecut.remote.budget import CreditBudget
from livecut.remote.clipdrop import ClipdropClient
from livecut.remote.retries import Retries

Make = Callable[..., bytes]
WIRE = Path(__file__).parents[1] / "wire" / "fixtures" / "clipdrop"


def response(name: str) -> httpx.Response:
    fixture = json.loads((WIRE / name).read_bytes())
    return httpx.Response(200, headers=fixture["headers"], content=base64.b64decode(fixture["base64"]))


class Server:
    def __init__(self, answer: Callable[[], httpx.Response] = lambda: response("response_depth.json")) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return self.answer()

    def client(self, **options: Any) -> ClipdropClient:
        merged: dict[str, Any] = {"key": "k1", "retries": Retries(attempts=1), **options}
        return ClipdropClient(transport=httpx.MockTransport(self), **merged)


def test_portrait_depth(jpeg: bytes) -> None:
    server = Server()
    with server.client() as client:
        result = client.portrait_depth(jpeg)
    assert result.jpeg.startswith(b"\xff\xd8\xff")
    assert (result.remaining_credits, result.credits_consumed, client.remaining_credits) == (99, 1, 99)
    (request,) = server.requests
    assert str(request.url) == "https://clipdrop-api.co/portrait-depth-estimation/v1"
    assert request.headers["x-api-key"] == "k1"
    assert b'name="image_file"; filename="portrait.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + jpeg in request.content


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RemoteRefused),
        (401, RemoteDenied),
        (402, RemoteDenied),
        (403, RemoteDenied),
        (429, RemoteBusy),
        (500, RemoteRefused),
    ],
)
def test_every_documented_error(jpeg: bytes, status: int, kind: type[LivecutError]) -> None:
    body = (WIRE / f"error_{status}.json").read_bytes()
    with pytest.raises(kind) as caught:
        Server(lambda: httpx.Response(status, content=body)).client().portrait_depth(jpeg)
    assert str(caught.value).endswith(f"({status}: {json.loads(body)['error']})")
    assert caught.value.hint


@pytest.mark.parametrize("name", sorted(path.name for path in WIRE.glob("malformed_[!r]*.json")))
def test_an_answer_that_is_not_the_contract(jpeg: bytes, name: str) -> None:
    with pytest.raises(RemoteRefused) as caught:
        Server(lambda: response(name)).client().portrait_depth(jpeg)
    expected = json.loads((WIRE / name).read_bytes())["error"]
    assert str(caught.value) == f"the answer of Clipdrop is not what its contract says: {expected}"


def test_the_sixty_first_call_of_a_minute_waits(jpeg: bytes) -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    client = Server().client(clock=lambda: now[0], sleep=sleep)
    for _ in range(60):
        client.portrait_depth(jpeg)
    assert slept == []
    client.portrait_depth(jpeg)
    assert slept == [60.0]


def test_a_budget_is_never_passed(jpeg: bytes) -> None:
    server = Server()
    client = server.client(budget=CreditBudget(2))
    for _ in range(2):
        client.portrait_depth(jpeg)
    with pytest.raises(RemoteDenied, match="the budget of 2 credits is used up"):
        client.portrait_depth(jpeg)
    assert len(server.requests) == 2


def test_limits_are_checked_before_a_byte_is_sent(make_picture: Make) -> None:
    server = Server()
    client = server.client()
    with pytest.raises(ImageError, match="25 megapixels are allowed"):
        client.portrait_depth(make_picture("PNG", (16384, 1526), "1"))
    with pytest.raises(ImageError, match="30 MB are allowed"):
        client.portrait_depth(make_picture("PNG") + b"\0" * (30 << 20))
    with pytest.raises(ImageError, match="neither JPEG, PNG nor WEBP"):
        client.portrait_depth(make_picture("GIF", mode="P"))
    assert server.requests == []
    client.portrait_depth(make_picture("WEBP"))
    assert len(server.requests) == 1


@pytest.mark.parametrize("base", ["https://clipdrop-api.co/", "https://clipdrop-api.co/portrait-depth-estimation/v1"])
def test_the_vendors_key_from_the_environment(jpeg: bytes, base: str) -> None:
    server = Server()
    server.client(base=base, key=None, environ={"CLIPDROP_API_KEY": "e"}).portrait_depth(jpeg)
    server.client(base="http://127.0.0.1:8000", key=None, environ={"CLIPDROP_API_KEY": "e"}).portrait_depth(jpeg)
    assert [request.headers.get("x-api-key") for request in server.requests] == ["e", None]


@pytest.mark.parametrize("base", ["", "clipdrop", "ftp://a", "http://", "http://[::1", "http://u:p@a"])
def test_not_a_base(base: str) -> None:
    with pytest.raises(SettingsError, match=r"^remote\.clipdrop_base: not an address$"):
        ClipdropClient(base=base)


def test_the_key_is_not_shown() -> None:
    client = Server().client(key="sesame")
    assert repr(client) == "ClipdropClient('https://clipdrop-api.co')"
    assert "sesame" not in repr(vars(client))


def test_over_a_real_socket(loopback: Any, jpeg: bytes) -> None:
    answer = response("response_depth.json")
    loopback.answer = lambda path: (
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\nX-Remaining-Credits: 7\r\nX-Credits-Consumed: 1\r\n"
            b"content-length: %d\r\n\r\n" % len(answer.content)
        )
        + answer.content
    )
    with ClipdropClient(base=loopback.origin, key="k1") as client:
        result = client.portrait_depth(jpeg)
    assert (result.jpeg, result.remaining_credits) == (answer.content, 7)
    assert loopback.requests[0][1] == "/portrait-depth-estimation/v1"


def test_nobody_listens(jpeg: bytes) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{unused.getsockname()[1]}"
        slept: list[float] = []
        client = ClipdropClient(base=base, key="k1", sleep=slept.append, retries=Retries(attempts=3))
        with client, pytest.raises(RemoteUnreachable, match=r"^no connection to Clipdrop$"):
            client.portrait_depth(jpeg)
    assert len(slept) == 2
