"""HTTP connections of a bounded number, that end when the other side leaves them hanging.

uvicorn's own would be kept for ever, and its `limit_concurrency` refuses requests, but holds any number of connections.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HEAD_S", "Connection"]

HEAD_S: Final = 20.0
"""How long a request's head may take, from the connection, or from its first byte on one that is kept open; and what is
left of a body whose request is answered already."""

_SYSTEM_BUFFER: Final = 1 << 17
"""Bytes."""

# Before a head says which contract is spoken, there is no body that would fit.
_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(H11Protocol):
    """One connection. `stall_s`: when nothing of an answer is taken for so long, it is cut and its buffer freed.

    Beyond `most` in this process, one is answered with 503 and closed before its request is read.
    Bodies of requests have bounds of their own (`Body`), and so has the time between two requests (uvicorn's).
    """

    def __init__(self, *args: Any, stall_s: float, most: int, head_s: float = HEAD_S, **more: Any) -> None:
        super().__init__(*args, **more)
        self._stall_s = stall_s
        self._most = most
        self._head_s = head_s
        self._head: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head."""
        # A system tells only when a third of its buffer is free: with one of megabytes slow readers would seem dead.
        handle = transport.get_extra_info("socket")
        if handle is not None:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SYSTEM_BUFFER)
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.write(_FULL)
            transport.close()
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; more of a head that does not end gain no time."""
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._forget_head()
        self._forget_buffer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Too much of an answer stands in the buffer."""
        super().pause_writing()
        self._watch_buffer()

    def resume_writing(self) -> None:
        """Most of it was taken."""
        if self.transport.is_closing():
            self._watch_buffer()  # what is left must go, too
        else:
            self._forget_buffer()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """The last bytes of an answer are in the buffer, and have to leave it, too."""
        super().on_response_complete()
        self._watch_head()
        if self.transport.is_closing():
            self._watch_buffer()

    def timeout_keep_alive_handler(self) -> None:
        """No further request came: close, also when the answer to the last one was not taken to its end."""
        super().timeout_keep_alive_handler()
        self._watch_buffer()

    def _watch_head(self) -> None:
        idle = self.cycle is None or self.cycle.response_complete
        # Answered before its body was there, a request may keep the rest of it back for ever, too.
        due = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        if not idle or not due or self.transport.is_closing():
            self._forget_head()
        elif self._head is None:
            self._head = self.loop.call_later(self._head_s, self.transport.abort)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _watch_buffer(self) -> None:
        self._forget_buffer()
        left = self.transport.get_write_buffer_size()
        self._stall = self.loop.call_later(self._stall_s, self._judge, left)

    def _judge(self, before: int) -> None:
        """Cut the connection if nothing of the buffer was taken meanwhile."""
        if self.transport.get_write_buffer_size() < before:
            self._watch_buffer()
        else:
            self.transport.abort()

    def _forget_buffer(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
