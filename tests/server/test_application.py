from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from limits.storage import MemoryStorage
from support.red_cutter import RedCutter

from livecut.server.store.rates import Rates

Make = Callable[..., bytes]
Serve = Callable[..., Any]


def test_health_and_readiness(serve: Serve) -> None:
    server = serve()
    assert server.client.get(f"{server.base}/healthz").text == "ok"
    assert server.client.get(f"{server.base}/readyz").text == "ready"
    # Whoever only wants to know whether it is up asks for the head.
    head = server.client.head(f"{server.base}/healthz")
    assert (head.status_code, head.content) == (200, b"")


def test_no_request_is_sent_on_elsewhere(serve: Serve) -> None:
    server = serve()
    for path in ("/v1/results/", "/portrait-depth-estimation/v1/", "/healthz/"):
        answer = server.client.post(server.base + path, headers={"X-API-KEY": server.key})
        assert answer.status_code == 404 and "location" not in answer.headers


def test_not_ready_without_a_database(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()

    class Gone:
        def read(self) -> Any:
            from sqlalchemy.exc import OperationalError

            raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(server.app.state, "database", Gone())
    response = server.client.get(f"{server.base}/readyz")
    assert (response.status_code, response.text) == (503, "not ready")
    assert server.client.get(f"{server.base}/healthz").status_code == 200


def test_not_ready_where_nothing_can_be_counted(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead(MemoryStorage):
        def check(self) -> bool:
            return False

    server = serve()
    monkeypatch.setattr(server.app.state, "rates", Rates(Dead()))
    assert server.client.get(f"{server.base}/readyz").status_code == 503


def test_metrics(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    server.results(image=make_portrait())
    server.results()
    server.client.get(f"{server.base}/made/up/by/somebody")
    counts = server.client.get(f"{server.base}/metrics")
    assert counts.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'livecut_requests_total{route="results",status="200"} 1.0' in counts.text
    assert 'livecut_requests_total{route="results",status="422"} 1.0' in counts.text
    assert 'livecut_requests_total{route="other",status="404"} 1.0' in counts.text
    assert "livecut_credits_settled_total 1.0" in counts.text
    assert "livecut_upload_bytes 0.0" in counts.text
    assert "livecut_pictures_in_line 0.0" in counts.text
    assert "somebody" not in counts.text


def test_the_openapi_page(serve: Serve) -> None:
    server = serve()
    assert server.client.get(f"{server.base}/redoc").status_code == 404
    schema = server.client.get(f"{server.base}/openapi.json").json()
    assert set(schema["paths"]) == {"/v1/results", "/v1/version", "/portrait-depth-estimation/v1"}
    results = schema["paths"]["/v1/results"]["post"]
    assert set(results["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]) == {
        "image",
        "url",
        "image-bg",
        "url-bg",
    }
    answer = results["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Results"}
    assert "Results" in schema["components"]["schemas"]
    assert {"200", "401", "413", "422", "429", "503"} <= set(results["responses"])


def test_no_picture_key_name_or_query_in_the_log(
    serve: Serve, make_portrait: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve()
    server.results(image=("sesame.png", make_portrait()), url_bg="http://sesame.example/")
    server.client.post(f"{server.base}/v1/results", params={"api_key": server.key})
    server.results(key="sesame-key", image=make_portrait())
    ours = [record for record in caplog.records if record.name.startswith(("livecut", "uvicorn"))]
    assert len(ours) >= 3
    text = " ".join(record.getMessage() + json.dumps(getattr(record, "fields", {})) for record in ours)
    assert "sesame" not in text
    assert server.key not in text
    assert re.search(r'"route": "results"', text)


def test_an_open_server_needs_no_key_and_counts_no_credits(serve: Serve, make_portrait: Make) -> None:
    server = serve(open=True)
    assert server.results(key=None, image=make_portrait()).status_code == 200
    response = server.depth(key=None, image_file=make_portrait())
    assert response.status_code == 200
    assert (response.headers["x-remaining-credits"], response.headers["x-credits-consumed"]) == ("100", "0")
    assert server.client.get(f"{server.base}/readyz").text == "ready"
    elsewhere = server.client.get(f"{server.base}/healthz", headers={"host": "evil.example"})
    assert elsewhere.status_code == 403


def test_a_full_line_says_when_to_come_back(serve: Serve, make_portrait: Make) -> None:
    go = threading.Event()
    server = serve(cutter=RedCutter(go), at_once=1, waiting=1)
    with ThreadPoolExecutor(2) as pool:
        inside = [pool.submit(server.depth, image_file=make_portrait()) for _ in range(2)]
        while server.app.state.serving._line.inside < 2:
            time.sleep(0.01)
        full = server.depth(image_file=make_portrait())
        busy = server.results(image=make_portrait())
        go.set()
        assert [future.result().status_code for future in inside] == [200, 200]
    assert (full.status_code, full.json()) == (503, {"error": "Too many pictures at once."})
    assert (busy.status_code, busy.json()) == (503, {"message": "Too many pictures at once."})
    assert int(full.headers["retry-after"]) >= 1
    assert server.counts().settled == 2


def test_one_byte_budget_for_all_uploads(serve: Serve, make_portrait: Make) -> None:
    go = threading.Event()
    server = serve(cutter=RedCutter(go), at_once=2, uploads_mb=32)
    large = make_portrait() + b"\0" * (20 << 20)
    with ThreadPoolExecutor(1) as pool:
        inside = pool.submit(server.depth, image_file=large)
        while not server.app.state.serving._line.inside:
            time.sleep(0.01)
        assert server.depth(image_file=large).status_code == 503
        assert server.depth(image_file=b"").status_code == 400  # a small one still fits
        go.set()
        assert inside.result().status_code == 200
    assert server.depth(image_file=large).status_code == 200


def test_a_client_that_goes_in_the_middle_does_no_harm(serve: Serve, make_portrait: Make) -> None:
    import socket

    server = serve()
    host, port = server.base.removeprefix("http://").split(":")
    for body in (b"", b"--x\r\nContent-Disposition"):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /v1/results HTTP/1.1\r\nhost: a\r\nx-api-key: " + server.key.encode() + b"\r\n"
                b"content-type: multipart/form-data; boundary=x\r\ncontent-length: 1000\r\n\r\n" + body
            )
    assert server.results(image=make_portrait()).status_code == 200
    assert server.counts().reserved == 0


def test_uploads_that_are_announced_and_do_not_come_lock_nobody_out(serve: Serve, make_portrait: Make) -> None:
    import socket

    server = serve(uploads_mb=32, upload_idle_s=0.5)
    host, port = server.base.removeprefix("http://").split(":")
    head = (
        b"POST /v1/results HTTP/1.1\r\nhost: a\r\nx-api-key: " + server.key.encode() + b"\r\n"
        b"content-type: multipart/form-data; boundary=x\r\ncontent-length: 33000000\r\n\r\n--x"
    )
    idle = [socket.create_connection((host, int(port)), timeout=30) for _ in range(8)]
    for connection in idle:
        connection.sendall(head)
    while server.app.state.serving._budget.taken < 8 * len(b"--x"):
        time.sleep(0.01)
    assert server.results(image=make_portrait() + b"\0" * (20 << 20)).status_code == 200
    for connection in idle:
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
        connection.close()


@pytest.mark.parametrize("bound", ["upload_timeout_s", "upload_idle_s"])
def test_an_upload_that_stops_is_ended(serve: Serve, bound: str) -> None:
    import socket

    server = serve(**{bound: 0.2})
    host, port = server.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.settimeout(30)
        connection.sendall(
            b"POST /v1/results HTTP/1.1\r\nhost: a\r\nx-api-key: " + server.key.encode() + b"\r\n"
            b"content-type: multipart/form-data; boundary=x\r\ncontent-length: 1000\r\n\r\n--x"
        )
        answer = connection.recv(1000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    while server.app.state.serving._budget.taken:  # given back once the answer has left
        time.sleep(0.01)
