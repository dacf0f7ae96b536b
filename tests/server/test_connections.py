"""Connections somebody leaves hanging: they end, and take no memory meanwhile that is not counted."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from livecut.server.http.connection import Connection

Make = Callable[..., bytes]
Serve = Callable[..., Any]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Connection.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Connection.__init__.__kwdefaults__, "head_s", 0.5)


def connected(server: Any, sent: bytes = b"") -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)  # or the system would read for us
    one.settimeout(20.0)
    one.connect(("127.0.0.1", int(server.base.rpartition(":")[2])))
    one.sendall(sent)
    return one


def ended(one: socket.socket) -> bytes:
    """What still comes before the connection ends, which it has to."""
    found = b""
    with one:
        try:
            while more := one.recv(1 << 16):
                found += more
        except ConnectionResetError:
            pass
    return found


def test_more_connections_than_are_held(serve: Serve) -> None:
    server = serve(open=True, connections=2)
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connected(server) as first, connected(server, request) as second:
        assert second.recv(1 << 16).startswith(b"HTTP/1.1 200")
        refused = ended(connected(server))
        assert refused.startswith(b"HTTP/1.1 503") and b"retry-after: " in refused
        # Those that are held are served as before.
        first.sendall(request)
        assert first.recv(1 << 16).startswith(b"HTTP/1.1 200")
        second.close()
        last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        for _ in range(100):  # it takes the server a moment to see that one has gone
            answer = ended(connected(server, last))
            if answer != refused:
                break
            time.sleep(0.02)
        assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("sent", [b"", b"POST /v1/results HTTP/1.1\r\nHost: localhost\r\nX"])
def test_a_head_that_does_not_come(serve: Serve, impatient: None, sent: bytes) -> None:
    assert ended(connected(serve(), sent)) == b""


def test_a_head_that_drips(serve: Serve, impatient: None) -> None:
    one = connected(serve(), b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
    began = time.monotonic()
    with one, pytest.raises(OSError):  # a reset, or a broken pipe
        while time.monotonic() - began < 20.0:
            one.sendall(b"A: b\r\n")
            time.sleep(0.05)
    assert time.monotonic() - began < 10.0


def test_half_a_second_head_on_a_connection_that_is_kept(serve: Serve, impatient: None) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answers = ended(connected(serve(), request + request[:20]))
    assert answers.count(b"HTTP/1.1 200") == 1


def test_a_request_that_takes_longer_than_its_head_may(serve: Serve, impatient: None, make_portrait: Make) -> None:
    server = serve()
    body = make_portrait()
    head = b"--x\r\nContent-Disposition: form-data; name=image_file; filename=a\r\n\r\n"

    def slowly() -> Iterator[bytes]:
        yield head
        time.sleep(1.2)
        yield body + b"\r\n--x--\r\n"

    headers = {"x-api-key": server.key, "content-type": "multipart/form-data; boundary=x"}
    answer = server.client.post(f"{server.base}/portrait-depth-estimation/v1", headers=headers, content=slowly())
    assert answer.status_code == 200


def noise(side: int) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(3).integers(0, 256, (side, side, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def asking(server: Any, **files: bytes) -> bytes:
    """A request for results, as it stands on the wire."""
    headers = {"X-API-KEY": server.key}
    request = httpx.Request("POST", f"{server.base}/v1/results", headers=headers, files=files)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join(["POST /v1/results HTTP/1.1", *lines, "", ""]).encode() + request.read()


@pytest.mark.parametrize("slowly", [False, True])
def test_an_answer_that_nobody_reads_is_counted_and_given_up(serve: Serve, make_portrait: Make, slowly: bool) -> None:
    bounds = {"upload_timeout_s": 3.0} if slowly else {"upload_idle_s": 2.0}
    server = serve(**bounds)
    picture = noise(1700)  # far more than the system's own buffers take
    one = connected(server, asking(server, **{"image": make_portrait("PNG", (1700, 1700)), "image-bg": picture}))
    assert one.recv(100).startswith(b"HTTP/1.1 200")
    budget = server.app.state.serving._budget
    assert budget.taken > len(picture)
    for _ in range(400):
        if slowly:
            one.recv(1 << 12)
        time.sleep(0.05)
        if not budget.taken:
            break
    one.close()
    assert budget.taken == 0


def test_an_answer_that_is_read_is_whole(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    answer = server.results(image=make_portrait("PNG", (900, 900)), image_bg=noise(900))
    assert answer.json()["results"][0]["status"]["code"] == "ok"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_body_that_does_not_come_after_its_request_was_answered(serve: Serve, impatient: None) -> None:
    one = connected(serve(), b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
    assert one.recv(1 << 12).startswith(b"HTTP/1.1 404")
    one.sendall(b"x")
    ended(one)


class _Transport:
    """Says how much stands in its buffer, and whether it was cut."""

    def __init__(self, *sizes: int) -> None:
        self.sizes, self.aborted = list(sizes), False

    def get_write_buffer_size(self) -> int:
        return self.sizes.pop(0) if len(self.sizes) > 1 else self.sizes[0]

    def abort(self) -> None:
        self.aborted = True


class _Timer:
    def cancel(self) -> None:
        """Nothing waits."""


class _Loop:
    """Takes note of what is to be called later."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    def call_later(self, seconds: float, call: Callable[..., Any], *given: Any) -> Any:
        self.calls.append((call, given))
        return _Timer()


@pytest.mark.parametrize(("sizes", "aborted"), [((9, 9), True), ((9, 7, 7, 5, 5, 3), False)])
def test_reading_slowly_is_not_standing_still(sizes: tuple[int, ...], aborted: bool) -> None:
    connection = object.__new__(Connection)
    transport, loop = _Transport(*sizes), _Loop()
    connection._stall, connection._stall_s = None, 1.0
    connection.transport, connection.loop = transport, loop  # type: ignore[assignment]
    connection._watch_buffer()
    for _ in range(2):
        if not transport.aborted:
            call, given = loop.calls[-1]
            call(*given)
    assert transport.aborted is aborted
