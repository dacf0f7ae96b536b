"""`url` and `url-bg`: fetched from where they may be, and from nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from support.padding import padded

from livecut.server import serving
from livecut.wire import form

Make = Callable[..., bytes]
Serve = Callable[..., Any]
REFUSED = {"code": "failure", "message": "Can not load image from url."}


class Files:
    """A web server on loopback; a path that begins with /to/ redirects to the rest of it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                content = outer.files.get(self.path)
                self.send_response(302 if self.path.startswith("/to/") else 200 if content is not None else 404)
                if self.path.startswith("/to/"):
                    self.send_header("location", self.path.removeprefix("/to/"))
                self.send_header("content-length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def files(make_portrait: Make) -> Iterator[Files]:
    files = Files({"/a/me.png": make_portrait(), "/bg.png": make_portrait(people=0), "/text": b"text"})
    yield files
    files.close()


def result(response: Any) -> Any:
    assert response.status_code == 200, response.text
    return response.json()["results"][0]


def test_a_picture_and_a_background_by_address(serve: Serve, files: Files) -> None:
    server = serve(url_allow=(files.host,))
    answer = result(server.results(url=f"http://{files.host}/a/me.png?size=1"))
    assert answer["status"] == REFUSED  # with a query it is another file
    answer = result(server.results(url=f"http://{files.host}/a/me.png", url_bg=f"http://{files.host}/bg.png"))
    assert (answer["status"]["code"], answer["name"], answer["width"]) == ("ok", "me.png", 40)
    assert files.asked == ["/a/me.png?size=1", "/a/me.png", "/bg.png"]


def test_a_background_is_not_fetched_for_a_mask(serve: Serve, files: Files) -> None:
    server = serve(url_allow=(files.host,))
    answer = result(
        server.results(mode="fg-mask", url=f"http://{files.host}/a/me.png", url_bg=f"http://{files.host}/bg.png")
    )
    assert answer["status"]["code"] == "ok"
    assert files.asked == ["/a/me.png"]


def test_what_is_fetched_must_be_a_picture(serve: Serve, files: Files) -> None:
    answer = result(serve(url_allow=(files.host,)).results(url=f"http://{files.host}/text"))
    assert answer["status"] == {"code": "failure", "message": "Can not load image."}
    assert (answer["name"], answer["entities"]) == ("text", [])


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:{port}/a/me.png",
        "http://127.1:{port}/a/me.png",
        "http://127.0.0.1:{port}/a/me.png",
        "http://[::1]:{port}/a/me.png",
        "http://[::ffff:127.0.0.1]:{port}/a/me.png",
        "http://2130706433:{port}/a/me.png",
        "http://0x7f.1:{port}/a/me.png",
        "http://0:{port}/a/me.png",
        "http://169.254.169.254/latest/meta-data/me.png",
        "http://10.0.0.1/me.png",
        "file:///etc/me.png",
        "ftp://127.0.0.1:{port}/me.png",
        "gopher://127.0.0.1:{port}/me.png",
        "http://user:pass@127.0.0.1:{port}/me.png",
        "me.png",
        "//127.0.0.1:{port}/me.png",
    ],
)
@pytest.mark.parametrize("field", ["url", "url_bg"])
def test_address_tricks(serve: Serve, files: Files, make_portrait: Make, address: str, field: str) -> None:
    trick = address.format(port=files.host.rpartition(":")[2])
    server = serve()
    sent = {"url": trick} if field == "url" else {"image": ("me.png", make_portrait()), "url_bg": trick}
    answer = result(server.results(**sent))
    assert answer["status"] == REFUSED
    assert (answer["name"], answer["entities"]) == ("me.png", [])
    assert files.asked == []
    assert server.counts().remaining == 100


@pytest.mark.parametrize("field", ["url", "url_bg"])
def test_an_address_without_end_holds_nobody_up(
    serve: Serve, make_portrait: Make, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    decoded: list[str] = []

    def unquote(text: str) -> str:
        decoded.append(text)
        return text

    monkeypatch.setattr(form, "unquote", unquote)
    long = "http://a.example/" + "%41" * 1_000_000
    server = serve()
    sent = {"url": long} if field == "url" else {"image": ("me.png", make_portrait()), "url_bg": long}
    answer = result(server.results(**sent))
    assert (answer["status"], answer["name"]) == (REFUSED, "" if field == "url" else "me.png")
    assert decoded == []
    assert server.counts().remaining == 100


def test_a_name_that_resolves_to_loopback(serve: Serve, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: look_up("127.0.0.1" if "trick" in str(host) else host, *rest, **more),
    )
    port = files.host.rpartition(":")[2]
    assert result(serve().results(url=f"http://trick.example:{port}/a/me.png"))["status"] == REFUSED
    assert files.asked == []


@pytest.mark.parametrize("target", ["http://localhost:{port}/a/me.png", "http://169.254.169.254/", "http://[::1]/x"])
def test_a_redirect_to_what_is_not_allowed(serve: Serve, files: Files, target: str) -> None:
    server = serve(url_allow=(files.host,))
    other = int(files.host.rpartition(":")[2]) ^ 1
    answer = result(server.results(url=f"http://{files.host}/to/{target.format(port=other)}"))
    assert answer["status"] == REFUSED
    assert len(files.asked) == 1


def test_a_redirect_to_what_is_allowed(serve: Serve, files: Files) -> None:
    server = serve(url_allow=(files.host,))
    answer = result(server.results(url=f"http://{files.host}/to/http://{files.host}/a/me.png"))
    assert answer["status"]["code"] == "ok"


def test_a_file_at_the_limit_and_one_byte_beyond(serve: Serve, files: Files, make_portrait: Make) -> None:
    files.files["/edge.png"] = padded(make_portrait(), 16 << 20)
    files.files["/over.png"] = padded(make_portrait(), (16 << 20) + 1)
    server = serve(url_allow=(files.host,))
    edge, over = f"http://{files.host}/edge.png", f"http://{files.host}/over.png"
    assert result(server.results(url=edge, url_bg=edge))["status"]["code"] == "ok"
    assert result(server.results(url=over))["status"] == REFUSED
    assert result(server.results(image=make_portrait(), url_bg=over))["status"] == REFUSED


def test_a_name_server_that_hangs_ends_with_the_grace(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, make_portrait: Make
) -> None:
    import socket

    go = threading.Event()
    look_up = socket.getaddrinfo

    def hang(host: Any, *rest: Any, **more: Any) -> Any:
        if "slow" in str(host):
            go.wait(30)
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(serving, "_GRACE_S", 0.1)
    server = serve(url_timeout_s=0.1)
    assert result(server.results(url="http://slow.example/me.png"))["status"] == REFUSED
    assert result(server.results(image=make_portrait()))["status"]["code"] == "ok"
    go.set()
