"""A real HTTP server on this machine whose answers a test scripts, one for each request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

Answer: TypeAlias = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """What the server was asked, and where it listens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[dict[str, str]] = []
        """Headers of each request, names in lower case, its path under `path`."""


@contextmanager
def serving(answers: Sequence[Answer]) -> Iterator[Site]:
    """Serve `answers` one after the other, the last one for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = len(site.requests)
            site.requests.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
            answers[min(number, len(answers) - 1)](self)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="test site")
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def status(code: int, **headers: str) -> Answer:
    """Nothing but a status and headers (`Retry_After="2"`)."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def body(content: bytes, *, cut: int | None = None, ranges: bool = True, etag: str = "", length: bool = True) -> Answer:
    """The content, from where a Range asks if `ranges`; the connection is cut `cut` bytes into the answer."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and ranges else 0
        condition = request.headers.get("If-Range")
        if condition is not None and condition != etag:
            start = 0
        if start and start >= len(content):
            status(416, Content_Range=f"bytes */{len(content)}")(request)
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if length:
            request.send_header("Content-Length", str(len(content) - start))
        if etag:
            request.send_header("ETag", etag)
        request.end_headers()
        request.wfile.write(content[start:][:cut])

    return answer
