"""Read a request's body within bounds of size, memory and time; or throw it away politely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from livecut.server.http.byte_budget import Share
from livecut.server.http.form_reader import FormReader
from livecut.server.http.turned_away import TurnedAway, Why
from livecut.wire.form import Form
from livecut.wire.malformed import Malformed

__all__ = ["Body"]

# A client that is refused while it still sends would see a broken connection instead of the answer, unless somebody
# takes the rest; this much is taken.
_DISCARDED_BYTES = 96 << 20
_DISCARDED_S = 10.0


class Body:
    """The body of one request, which is read at most once."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._headers = request.headers
        self._begun = False
        self.ended = False
        self.size = 0
        """Bytes taken so far."""

    async def form(self, share: Share, *, max_bytes: int, timeout_s: float, idle_s: float) -> Form:
        """The form in a body of at most `max_bytes`, whose memory is counted in `share` as it comes.

        Raises `TurnedAway`, also when it takes longer than `timeout_s` in all or nothing comes for `idle_s`.
        """
        declared = self._headers.get("content-length", "")
        expected = int(declared) if declared.isascii() and declared.isdigit() else 0
        if expected > max_bytes:
            raise TurnedAway(Why.TOO_LARGE)
        share.expect(expected)
        try:
            reader = FormReader(self._headers.get("content-type", ""))
            async with asyncio.timeout(timeout_s):
                async for chunk in self._chunks(idle_s):
                    if self.size > max_bytes:
                        raise TurnedAway(Why.TOO_LARGE)
                    share.grow_to(self.size)
                    reader.feed(chunk)
            return reader.form()
        except TimeoutError as error:
            raise TurnedAway(Why.TOO_SLOW, "The upload took too long.") from error
        except Malformed as error:
            raise TurnedAway(Why.MALFORMED, str(error)) from error

    async def discard(self) -> None:
        """Take what the client is still sending, so that it gets to read its answer; bounded in bytes and time."""
        if not self._begun and self._headers.get("expect", "").lower() == "100-continue":
            return  # it waits to be told to send, and will not be
        try:
            async with asyncio.timeout(_DISCARDED_S):
                async for _ in self._chunks():
                    if self.size > _DISCARDED_BYTES:
                        return
        except (TimeoutError, ClientDisconnect):
            return

    async def _chunks(self, idle_s: float | None = None) -> AsyncIterator[bytes]:
        self._begun = True
        while not self.ended:
            async with asyncio.timeout(idle_s):
                message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            self.size += len(chunk)
            self.ended = not message.get("more_body", False)
            yield chunk
