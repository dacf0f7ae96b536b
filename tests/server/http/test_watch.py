from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from livecut.server.http.logs import JsonLines
from livecut.server.http.metrics import Metrics
from livecut.server.http.watch import LoopbackHosts, Watch


def ask(app: Any, path: str = "/", method: str = "GET", **headers: str) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"12345", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"api_key=sesame", "headers": raw}
    asyncio.run(app(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "127.0.0.1", "127.0.0.2:8000", "[::1]", "[::1]:8000"]
)
def test_an_open_server_answers_its_own_names(host: str) -> None:
    assert ask(LoopbackHosts(PlainTextResponse("in")), host=host)[0]["status"] == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example:8000",
        "127.0.0.1.evil.example",
        "::1",
        "128.0.0.1",
        "[::2]:80",
        "127.1",
    ],
)
def test_an_open_server_answers_no_other(host: str) -> None:
    sent = ask(LoopbackHosts(PlainTextResponse("in")), host=host)
    assert sent[0]["status"] == 403
    assert json.loads(sent[1]["body"]) == {"message": "An open server answers to localhost only."}


@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "http://127.0.0.1", "https://[::1]:9", "http://[::1]", "HTTP://LOCALHOST"]
)
def test_pages_of_this_machine_are_served(origin: str) -> None:
    for site in ("same-origin", "same-site", "none"):
        sent = ask(
            LoopbackHosts(PlainTextResponse("in")), "/", "POST", host="[::1]", origin=origin, sec_fetch_site=site
        )
        assert sent[0]["status"] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1.evil.example:8000", "null", "", "file://"]
)
def test_pages_elsewhere_are_not(origin: str) -> None:
    for method in ("GET", "POST"):
        assert (
            ask(LoopbackHosts(PlainTextResponse("in")), "/", method, host="localhost", origin=origin)[0]["status"]
            == 403
        )


@pytest.mark.parametrize(
    ("method", "mode", "status"),
    [("POST", "navigate", 403), ("POST", "no-cors", 403), ("GET", "no-cors", 403), ("GET", "navigate", 200)],
)
def test_from_another_site_links_alone_are_followed(method: str, mode: str, status: int) -> None:
    headers = {"host": "127.0.0.1:8000", "sec_fetch_site": "cross-site", "sec_fetch_mode": mode}
    assert ask(LoopbackHosts(PlainTextResponse("in")), "/", method, **headers)[0]["status"] == status


def test_requests_are_counted_and_logged_without_their_queries(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "livecut.server")
    metrics = Metrics()
    app = Watch(PlainTextResponse("in"), metrics=metrics, known={"/a": "a"}.get)  # type: ignore[arg-type]
    ask(app, "/a")
    counts = metrics.exposition().decode()
    assert 'livecut_requests_total{route="a",status="200"} 1.0' in counts
    assert 'livecut_request_seconds_count{route="a"} 1.0' in counts
    (record,) = caplog.records
    line = JsonLines().format(record)
    assert "sesame" not in line
    parsed = json.loads(line)
    assert (parsed["event"], parsed["route"], parsed["status"], parsed["bytes_out"]) == ("request", "a", 200, 2)


def test_a_request_that_breaks_is_counted_too() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("no")

    metrics = Metrics()
    with pytest.raises(RuntimeError):
        ask(Watch(broken, metrics=metrics, known=lambda path: "other"))
    assert 'livecut_requests_total{route="other",status="0"} 1.0' in metrics.exposition().decode()
