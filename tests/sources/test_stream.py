"""Streams: served by a local HTTP server, and addresses that hold secrets."""

from __future__ import annotations

import http.server
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from livecut.errors import DeviceLost, DeviceUnavailable, LivecutError
from livecut.sources.stream import StreamSource, is_address

MakeVideo = Callable[..., Path]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Silent(Quiet):
    """Says nothing until the client has gone."""

    def do_GET(self) -> None:
        self.rfile.read(1)


class Stopping(Quiet):
    """Gives half of the file and hangs up."""

    def do_GET(self) -> None:
        data = (Path(self.directory) / self.path[1:].partition("?")[0]).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])


Serve = Callable[[type[Quiet]], str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(handler: type[Quiet]) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path)))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://user:hunter2@127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_file_on_a_web_server_is_not_live_and_ends(video: MakeVideo, serve: Serve) -> None:
    video("a.mp4", count=7)
    source = StreamSource(f"{serve(Quiet)}/a.mp4?token=hunter2")
    assert not source.live
    assert "hunter2" not in source.name
    assert source.name.endswith("/a.mp4?...")
    count = 0
    while source.read() is not None:
        count += 1
    assert count == 7
    source.close()


def test_an_endless_stream_is_live_and_its_end_is_a_loss(video: MakeVideo, serve: Serve) -> None:
    video("a.h264", count=7)
    source = StreamSource(f"{serve(Quiet)}/a.h264")
    assert source.live
    for index in range(7):
        frame = source.read()
        assert frame is not None
        assert frame.index == index
    with pytest.raises(DeviceLost, match=r"^stream http://user:\.\.\.@127\.0\.0\.1:\d+/a\.h264 ended$"):
        source.read()
    source.close()


def broken(address: str, timeout_s: float = 5.0) -> LivecutError:
    source = None
    try:
        source = StreamSource(address, timeout_s=timeout_s)
        while source.read() is not None:
            pass
    except LivecutError as error:
        text = "".join(traceback.format_exception(error)) + error.hint
        assert "hunter2" not in text, "neither the line nor a traceback may show a password"
        return error
    finally:
        if source is not None:
            source.close()
    raise AssertionError("nothing was wrong")


def test_a_server_that_hangs_up_is_a_loss(video: MakeVideo, serve: Serve) -> None:
    def paint(index: int) -> np.ndarray:
        return np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8)

    video("a.mp4", count=200, container={"movflags": "faststart"}, paint=paint)
    error = broken(f"{serve(Stopping)}/a.mp4")
    assert isinstance(error, DeviceLost)
    assert "/a.mp4 broke off" in error.message


def test_a_server_that_says_nothing_is_given_up(serve: Serve) -> None:
    error = broken(f"{serve(Silent)}/a.mp4", timeout_s=0.3)
    assert isinstance(error, DeviceUnavailable)
    assert error.message.endswith("/a.mp4 did not answer within 0.3 s")
    assert error.hint == "source.timeout_s sets how long to wait"


def test_what_is_not_there(serve: Serve) -> None:
    error = broken(f"{serve(Quiet)}/none.mp4")
    assert isinstance(error, DeviceUnavailable)
    assert error.message.endswith("/none.mp4 cannot be opened: server returned 404 not found")


def test_nobody_at_the_port() -> None:
    for scheme in ("http", "rtsp"):
        error = broken(f"{scheme}://user:hunter2@127.0.0.1:9/live?key=hunter2")
        assert error.message == f"{scheme}://user:...@127.0.0.1:9/live?... cannot be opened: connection refused"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("rtsp://x/y", True),
        ("HTTPS://x", True),
        (" rtsp://x/y", True),
        ("http://", False),
        ("file:///etc/passwd", False),
        ("a.mp4", False),
        ("concat:a|b", False),
    ],
)
def test_what_an_address_is(text: str, answer: bool) -> None:
    assert is_address(text) is answer
