from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from livecut.errors import LivecutError, RemoteBusy, RemoteDenied, RemoteRefused, RemoteUnreachable, SettingsError
from livecut.remote import service as services
from livecut.remote.budget import CreditBudget
from livecut.remote.pace import Pace
from livecut.remote.retries import Retries
from livecut.remote.service import Answer, Service

KEY = "sesame-0123456789"
URL = "https://service.example/v1"


class Script:
    """Answers one scripted step a call and keeps the requests."""

    def __init__(self, *steps: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else step

    def service(self, **options: Any) -> Service:
        retries = Retries(attempts=3, base_s=1.0, longest_s=20.0)
        options = {"max_bytes": 1000, "retries": retries, **options}
        return Service(
            "X",
            key=SecretStr(KEY),
            key_headers={"x-api-key": KEY},
            transport=httpx.MockTransport(self),
            sleep=self.slept.append,
            random=lambda: 1.0,
            **options,
        )

    def post(self, **options: Any) -> Answer:
        return self.service(**options).post(URL, query={}, form=(("url", "https://a.example/b.jpg"),))


def ok(**headers: str) -> httpx.Response:
    return httpx.Response(200, content=b"done", headers=headers)


def test_a_form_of_texts_alone_is_multipart_and_carries_the_key() -> None:
    script = Script(ok())
    assert script.post().body == b"done"
    (request,) = script.requests
    assert request.headers["x-api-key"] == KEY
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'Content-Disposition: form-data; name="url"\r\n\r\nhttps://a.example/b.jpg\r\n' in request.content


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.Response(500),
        httpx.Response(502),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(429, headers={"retry-after": "1"}),
    ],
)
def test_what_is_safe_is_sent_again(failure: httpx.Response | Exception) -> None:
    script = Script(failure, ok())
    assert script.post().body == b"done"
    assert len(script.requests) == 2
    assert script.requests[0].content == script.requests[1].content
    assert len(script.slept) == 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(429),
        *(httpx.Response(status) for status in (301, 400, 401, 402, 403, 404, 413, 422, 501)),
    ],
)
def test_what_may_be_charged_twice_or_cannot_change_is_not(failure: httpx.Response | Exception) -> None:
    script = Script(failure, ok())
    with pytest.raises(LivecutError):
        script.post()
    assert len(script.requests) == 1
    assert script.slept == []


def test_a_certificate_that_is_not_trusted_is_not_asked_again() -> None:
    error = httpx.ConnectError("tls")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    script = Script(error, ok())
    with pytest.raises(RemoteUnreachable, match="no secure connection to X"):
        script.post()
    assert len(script.requests) == 1


def test_reading_is_repeated_whatever_breaks() -> None:
    script = Script(httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), ok())
    assert script.service().get(URL).body == b"done"


def test_retries_end() -> None:
    script = Script(*[httpx.Response(503) for _ in range(5)])
    with pytest.raises(RemoteBusy, match="X is overloaded"):
        script.post()
    assert len(script.requests) == 3
    assert script.slept == [1.0, 2.0]


def test_retry_after_is_waited_for_or_reported() -> None:
    script = Script(httpx.Response(429, headers={"retry-after": "5"}), ok())
    script.post()
    assert script.slept == [6.0]
    script = Script(httpx.Response(429, headers={"retry-after": "21"}), ok())
    with pytest.raises(RemoteBusy) as caught:
        script.post()
    assert caught.value.retry_after_s == 21.0
    assert script.slept == []


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(429, headers={"retry-after": "1"}),
    ],
)
def test_each_attempt_asks_whether_it_may_leave(failure: httpx.Response | Exception) -> None:
    asked: list[int] = []

    def before_leaving() -> None:
        asked.append(len(script.requests))
        if len(asked) == 2:
            raise KeyboardInterrupt

    script, budget = Script(failure, ok()), CreditBudget(9)
    with pytest.raises(KeyboardInterrupt):
        script.post(before_leaving=before_leaving, budget=budget)
    assert asked == [0, 1]
    assert len(script.requests) == 1
    assert budget.hold() == 1
    assert budget.spent <= 1


def test_it_is_asked_after_the_pace() -> None:
    order: list[str] = []

    class Noted(Pace):
        def wait(self) -> None:
            order.append("pace")

    Script(ok()).post(pace=Noted(1), before_leaving=lambda: order.append("leaves"))
    assert order == ["pace", "leaves"]


def test_an_answer_that_is_too_long() -> None:
    script = Script(httpx.Response(200, content=b"x" * (2 << 20)))
    with pytest.raises(RemoteRefused, match=r"^the answer of X is longer than 1 MB$"):
        script.post(max_bytes=1 << 20)


def test_a_refusal_that_is_too_long_is_a_refusal() -> None:
    with pytest.raises(RemoteDenied, match="402"):
        Script(httpx.Response(402, content=b"x" * 3000)).post()


def test_a_service_that_drips() -> None:
    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            for _ in range(100):
                times[0] += 1.0
                yield b"x"

    times = [0.0]
    script = Script(httpx.Response(200, stream=Drip()))
    with pytest.raises(RemoteUnreachable, match="did not answer in time"):
        script.post(timeout_s=5.0, clock=lambda: times[0])
    assert times[0] < 20.0


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_CONNECT_S", 0.3)


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_service_that_drips_over_a_connection(hurried: None, part: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if part == "body" else b""))
                while not stop.wait(0.02):
                    try:
                        connection.sendall(b"a: b\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        service = Service("X", key=None, key_headers={}, max_bytes=1 << 30, timeout_s=1.0)
        began = time.monotonic()
        with pytest.raises(RemoteUnreachable, match=r"^X did not answer in time$"):
            service.post(address, query={}, form=(("url", "x"),))
        assert time.monotonic() - began < 8.0
        service.close()
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.parametrize("host", ["a..b", "xn--a", "a" * 64 + ".example", "[::1"])
def test_a_host_that_can_be_none(host: str) -> None:
    budget = CreditBudget(5)
    with pytest.raises(SettingsError, match=r"^the address of X is not one$"):
        Service("X", key=None, key_headers={}, max_bytes=9, budget=budget, sleep=lambda _: None).post(
            f"http://{host}/", query={}, form=(("url", "x"),)
        )
    assert budget.spent == 0


def test_the_key_is_in_no_error_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script = Script(httpx.Response(403, json={"error": f"key {KEY} is revoked"}))
    service = script.service()
    try:
        service.post(URL, query={}, form=(("url", "x"),))
    except RemoteDenied as error:
        text = "".join(traceback.format_exception(error)) + repr(error) + error.hint
    assert "key [key] is revoked" in text
    assert KEY not in text + caplog.text + repr(service) + repr(vars(service))


@pytest.mark.parametrize(
    ("step", "spent"),
    [
        (ok(), 1),
        (ok(**{"x-credits-consumed": "1"}), 1),
        (ok(**{"x-credits-consumed": "0"}), 0),
        (ok(**{"x-credits-consumed": "many"}), 1),
        (httpx.Response(400), 0),
        (httpx.Response(402), 0),
        (httpx.Response(429), 0),
        (httpx.Response(500), 0),
        (httpx.Response(504), 1),
        (httpx.ConnectError(""), 0),
        (httpx.ReadTimeout(""), 1),
        (httpx.RemoteProtocolError(""), 1),
        (httpx.Response(200, content=b"x" * 2000), 1),
    ],
)
def test_what_a_call_counts_in_the_budget(step: httpx.Response | Exception, spent: int) -> None:
    budget = CreditBudget(10)
    with contextlib.suppress(LivecutError):
        Script(step).post(budget=budget, retries=Retries(attempts=1))
    assert budget.spent == spent


def test_a_budget_stops_before_a_byte_is_sent_and_also_between_retries() -> None:
    script = Script(httpx.Response(504), ok())
    with pytest.raises(RemoteDenied, match="the budget of 1 credits is used up"):
        script.post(budget=CreditBudget(1))
    assert len(script.requests) == 1


def test_reading_is_free() -> None:
    assert Script(ok()).service(budget=CreditBudget(0)).get(URL).body == b"done"


def test_a_timeout_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Script().service(timeout_s=0.0)
