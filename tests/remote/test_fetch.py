from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from livecut.errors import LivecutError, RemoteRefused, RemoteUnreachable
from livecut.remote.fetch import Fetcher, resolve


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{fields}\r\n".encode() + body


def open_to(loopback: Any, **options: Any) -> Fetcher:
    options.setdefault("max_bytes", 1 << 20)
    return Fetcher(allow=[f"127.0.0.1:{loopback.port}"], **options)


def test_what_is_allowed_is_fetched(loopback: Any) -> None:
    loopback.answer = lambda path: answer(b"picture")
    assert open_to(loopback).content(f"{loopback.origin}/a%20b.jpg?x=1") == b"picture"
    method, path, headers, _ = loopback.requests[0]
    assert (method, path) == ("GET", "/a%20b.jpg?x=1")
    assert headers["host"] == f"127.0.0.1:{loopback.port}"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.1",
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "LOCALHOST.",
    ],
)
def test_ways_to_spell_this_machine(loopback: Any, host: str) -> None:
    loopback.answer = lambda path: answer(b"secret")
    with pytest.raises(LivecutError) as caught:
        Fetcher(max_bytes=100).content(f"http://{host}:{loopback.port}/")
    # A system without IPv6, or one that does not know an odd spelling, does not get as far as the check.
    assert str(caught.value) in ("the address leads into a private network", "the address cannot be fetched")
    assert loopback.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "localhost"])
def test_usual_spellings_are_refused_by_the_check(loopback: Any, host: str) -> None:
    with pytest.raises(RemoteRefused, match=r"^the address leads into a private network$"):
        Fetcher(max_bytes=100).content(f"http://{host}:{loopback.port}/")


def test_the_metadata_service() -> None:
    with pytest.raises(RemoteRefused, match="private network"):
        Fetcher(max_bytes=100).content("http://169.254.169.254/latest/meta-data/")


def test_a_name_that_resolves_to_loopback(loopback: Any) -> None:
    fetcher = Fetcher(max_bytes=100, resolver=lambda host, port: ["127.0.0.1"])
    with pytest.raises(RemoteRefused, match="private network"):
        fetcher.content(f"http://innocent.example:{loopback.port}/")
    assert loopback.requests == []


def test_one_private_address_among_public_ones_is_enough() -> None:
    fetcher = Fetcher(max_bytes=100, resolver=lambda host, port: ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(RemoteRefused, match="private network"):
        fetcher.content("http://innocent.example/")


def test_the_connection_goes_to_the_address_that_was_checked(loopback: Any) -> None:
    loopback.answer = lambda path: answer(b"picture")
    asked: list[str] = []

    def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    fetcher = open_to(loopback, resolver=once)
    assert fetcher.content(f"http://images.example:{loopback.port}/a.jpg") == b"picture"
    assert asked == ["images.example"]
    assert loopback.requests[0][2]["host"] == f"images.example:{loopback.port}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(loopback: Any, status: int) -> None:
    loopback.answer = lambda path: (
        answer(b"", f"{status} X", location="/b/c.jpg") if path == "/a" else answer(b"picture")
    )
    assert open_to(loopback).content(f"{loopback.origin}/a") == b"picture"
    assert [request[1] for request in loopback.requests] == ["/a", "/b/c.jpg"]


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:{other}/",
        "http://169.254.169.254/",
        "http://[::1]:{other}/",
        "//127.0.0.1:{other}/",
        "http://10.0.0.1",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(loopback: Any, location: str) -> None:
    target = location.format(other=loopback.port ^ 1)
    loopback.answer = lambda path: answer(b"", "302 Found", location=target)
    with pytest.raises(RemoteRefused, match="private network"):
        open_to(loopback).content(f"{loopback.origin}/a")
    assert len(loopback.requests) == 1


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://a.example/", "http://user:pass@1.1.1.1/"])
def test_a_redirect_to_what_is_not_fetched(loopback: Any, location: str) -> None:
    loopback.answer = lambda path: answer(b"", "302 Found", location=location)
    with pytest.raises(RemoteRefused, match="not an address that is fetched"):
        open_to(loopback).content(f"{loopback.origin}/a")


def test_redirects_end(loopback: Any) -> None:
    loopback.answer = lambda path: answer(b"", "302 Found", location="/again")
    with pytest.raises(RemoteRefused, match="redirects too often"):
        open_to(loopback).content(loopback.origin)
    assert len(loopback.requests) == 6


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a.jpg",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://a",
        "http://",
        "gopher://a",
        "http://a:b",
        "http://u:p@a/",
        "http://a\n.example/",
        "http://" + "a" * 3000,
    ],
)
def test_not_an_address(address: str) -> None:
    with pytest.raises(RemoteRefused, match="not an address that is fetched"):
        Fetcher(max_bytes=100).content(address)


@pytest.mark.parametrize("declared", [True, False])
def test_a_file_that_is_too_long(loopback: Any, declared: bool) -> None:
    body = b"x" * ((1 << 20) + 1)
    loopback.answer = lambda path: answer(body) if declared else b"HTTP/1.0 200 OK\r\n\r\n" + body
    with pytest.raises(RemoteRefused, match=r"^the file has more than 1 MB$"):
        open_to(loopback).content(loopback.origin)


def test_a_file_of_exactly_the_bound(loopback: Any) -> None:
    loopback.answer = lambda path: answer(b"x" * (1 << 20))
    assert len(open_to(loopback).content(loopback.origin)) == 1 << 20


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (answer(b"no", "404 Not Found"), "the address cannot be fetched"),
        (answer(b"no", "500 X"), "the address cannot be fetched"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", "the address cannot be fetched"),
        (b"not http at all\r\n\r\n", "the address cannot be fetched"),
        (b"", "the address cannot be fetched"),
        (answer(b"abc", content_encoding="gzip"), "the address answers compressed, unasked"),
    ],
)
def test_answers_that_are_no_file(loopback: Any, raw: bytes, message: str) -> None:
    loopback.answer = lambda path: raw
    with pytest.raises(LivecutError) as caught:
        open_to(loopback).content(loopback.origin)
    assert str(caught.value) == message


def test_tls_to_a_server_that_does_not_speak_it(loopback: Any) -> None:
    with pytest.raises(RemoteUnreachable, match="cannot be fetched"):
        open_to(loopback).content(f"https://127.0.0.1:{loopback.port}/")


def test_a_server_that_drips_its_headers_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stop = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.01):
                    try:
                        connection.sendall(b"a: b\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        fetcher = Fetcher(max_bytes=100, timeout_s=0.2, allow=["127.0.0.1"])
        with pytest.raises(RemoteUnreachable, match="cannot be fetched"):
            fetcher.content(f"http://127.0.0.1:{port}/")
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(RemoteUnreachable):
            Fetcher(max_bytes=100, allow=["127.0.0.1"], timeout_s=2.0).content(f"http://127.0.0.1:{port}/")


def test_a_name_nobody_knows() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    fetcher: Callable[[str], bytes] = Fetcher(max_bytes=100, resolver=unknown).content
    with pytest.raises(RemoteUnreachable):
        fetcher("http://nobody.invalid/")


def test_the_system_resolves_numbers_without_asking_anybody() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
