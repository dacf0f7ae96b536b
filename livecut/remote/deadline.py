"""Connections whose every step ends at one deadline: a server that drips bytes gains nothing by it."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
import httpx

__all__ = ["Deadline", "DeadlineStream"]


class Deadline:
    """When the call that this thread makes has to be over; one for all threads of a client."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._of_thread = threading.local()

    def begin(self, seconds: float) -> None:
        """From now on this thread has so long."""
        self._of_thread.at = self._clock() + seconds

    def left(self) -> float:
        """Seconds this thread still has; `httpcore.ReadTimeout` when there are none."""
        left: float = self._of_thread.at - self._clock()
        if left <= 0.0:
            raise httpcore.ReadTimeout("the time is up")
        return left

    def bind(self, client: httpx.Client) -> None:
        """Hold the client's connections to it, those through proxies too.

        httpx bounds each read, and a head that comes line by line for ever is one it never ends. It has no public way
        to give a backend without giving up the environment's proxies.
        """
        for transport in (client._transport, *client._mounts.values()):
            pool = getattr(transport, "_pool", None)
            if isinstance(pool, httpcore.ConnectionPool | httpcore.SOCKSProxy):
                pool._network_backend = _DeadlineBackend(self.left)


class DeadlineStream(httpcore.NetworkStream):
    """A connection of which no step takes longer than the seconds `left` answers, or raises."""

    def __init__(self, inner: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, within what is left of the time."""
        return self._inner.read(max_bytes, _shorter(timeout, self._left()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything, within what is left of the time."""
        self._inner.write(buffer, _shorter(timeout, self._left()))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on; the certificate must be the host's, whatever address was connected to."""
        inner = self._inner.start_tls(ssl_context, server_hostname, _shorter(timeout, self._left()))
        return DeadlineStream(inner, self._left)

    def get_extra_info(self, info: str) -> Any:
        """What the connection says of itself."""
        return self._inner.get_extra_info(info)


class _DeadlineBackend(httpcore.SyncBackend):
    def __init__(self, left: Callable[[], float]) -> None:
        self._left = left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect within what is left of the time."""
        timeout = _shorter(timeout, self._left())
        return DeadlineStream(super().connect_tcp(host, port, timeout, local_address, socket_options), self._left)


def _shorter(timeout: float | None, left: float) -> float:
    return left if timeout is None else min(timeout, left)
