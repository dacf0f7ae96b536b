"""Fetch a file from an address somebody else gave, without being led to places that only this machine can reach."""

from __future__ import annotations

import functools
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import httpcore
import httpx

from livecut.errors import RemoteRefused, RemoteUnreachable
from livecut.remote.addresses import AllowedAddresses
from livecut.remote.deadline import Deadline, DeadlineStream
from livecut.wire.form import MAX_URL_CHARS

__all__ = ["Fetcher"]

Resolver: TypeAlias = Callable[[str, int], list[str]]
"""Host and port to numeric addresses."""

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def resolve(host: str, port: int) -> list[str]:
    """Every address the system knows for a host; odd spellings (127.1, 2130706433) become what they mean."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Fetcher:
    """Reads http and https addresses with bounds on bytes, time and redirects; safe to use from several threads.

    Every address that every host resolves to must be allowed, at each redirect anew, and the connection goes to the
    checked address itself: a second look-up, which could answer otherwise, never happens. Proxies are not used, since
    they would look up again. Errors say nothing about what stands behind an address.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        timeout_s: float = 15.0,
        allow: Iterable[str] = (),
        resolver: Resolver = resolve,
        clock: Callable[[], float] = time.monotonic,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._allowed = AllowedAddresses(allow)
        self._resolve = resolver
        self._clock = clock
        self._ssl_context = ssl_context or _trusting_the_usual()

    def content(self, address: str) -> bytes:
        """The bytes at an address. `RemoteRefused` when it may not be fetched, `RemoteUnreachable` when it fails."""
        deadline = Deadline(self._clock)
        deadline.begin(self._timeout_s)
        backend = _CheckedBackend(self._allowed, self._resolve, deadline.left)
        url = _parsed(address)
        try:
            with httpcore.ConnectionPool(
                ssl_context=self._ssl_context, network_backend=backend, max_keepalive_connections=0
            ) as pool:
                for _ in range(_MAX_REDIRECTS + 1):
                    found = self._get(pool, url)
                    if isinstance(found, bytes):
                        return found
                    url = found
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise RemoteUnreachable("the address cannot be fetched", hint="check that it opens in a browser") from error
        raise RemoteRefused("the address redirects too often", hint="give the address it ends at")

    def _get(self, pool: httpcore.ConnectionPool, url: httpx.URL) -> bytes | httpx.URL:
        headers = [(b"host", url.netloc), (b"accept-encoding", b"identity"), (b"user-agent", b"livecut")]
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        with pool.stream("GET", target, headers=headers, extensions={"timeout": timeouts}) as response:
            fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status in _REDIRECTS and "location" in fields:
                return _parsed(fields["location"], base=url)
            if response.status != 200:
                raise RemoteUnreachable("the address cannot be fetched", hint="check that it opens in a browser")
            if fields.get("content-encoding", "identity").lower() != "identity":
                raise RemoteRefused("the address answers compressed, unasked", hint="serve the picture as it is")
            length = fields.get("content-length", "0")
            if length.isascii() and length.isdigit() and int(length[:15]) > self._max_bytes:
                raise self._too_long()
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > self._max_bytes:
                    raise self._too_long()
            return bytes(body)

    def _too_long(self) -> RemoteRefused:
        return RemoteRefused(f"the file has more than {self._max_bytes >> 20} MB", hint="give a smaller picture")


@functools.cache
def _trusting_the_usual() -> ssl.SSLContext:
    # Reading the certificates takes 30 ms.
    return httpx.create_ssl_context(trust_env=False)


def _parsed(address: str, *, base: httpx.URL | None = None) -> httpx.URL:
    try:
        if len(address) > MAX_URL_CHARS:
            raise httpx.InvalidURL("too long")
        url = httpx.URL(address) if base is None else base.join(address)
        if url.scheme not in ("http", "https") or not url.host or url.userinfo:
            raise httpx.InvalidURL("not fetched")
    except (httpx.InvalidURL, ValueError) as error:
        raise RemoteRefused(
            "not an address that is fetched", hint="it begins with http:// or https:// and has no password"
        ) from error
    return url


class _CheckedBackend(httpcore.NetworkBackend):
    """Looks a host up, checks every address it has, and connects to one of those very addresses before a deadline."""

    def __init__(self, allowed: AllowedAddresses, resolver: Resolver, left: Callable[[], float]) -> None:
        self._allowed = allowed
        self._resolve = resolver
        self._left = left
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect, or raise `RemoteRefused` when any of the host's addresses may not be fetched from."""
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("no such host") from error
        if not addresses or not all(self._allowed.allows(host, port, address) for address in addresses):
            raise RemoteRefused(
                "the address leads into a private network",
                hint="""only public addresses and server.url_allow are fetched: --set 'server.url_allow=["HOST"]'""",
            )
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(address, port, timeout=self._left(), socket_options=socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return DeadlineStream(stream, self._left)
        raise failure
