"""The outermost layer: counts and logs each request, and keeps other sites' pages away from an open server.

A server with keys needs no such care: a page elsewhere has no key, and browsers hold no key of their own to send along.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livecut.server.http.logs import logger
from livecut.server.http.metrics import Metrics

__all__ = ["LoopbackHosts", "Watch"]


class Watch:
    """An ASGI layer; `known` maps a path to its route's name, so that paths somebody made up make no labels."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        known: Callable[[str], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._known = known
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count and log what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock()
        seen: dict[str, Any] = {"status": 0, "out": 0, "in": 0}

        async def count_in() -> Message:
            message = await receive()
            seen["in"] += len(message.get("body", b""))
            return message

        async def count_out(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            seen["out"] += len(message.get("body", b""))
            await send(message)

        scope.setdefault("state", {})
        try:
            await self._app(scope, count_in, count_out)
        finally:
            seconds = self._clock() - began
            route = self._known(scope["path"])
            self._metrics.requests.labels(route, str(seen["status"])).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            fields = {
                "method": scope["method"],
                "route": route,
                "status": seen["status"],
                "ms": round(seconds * 1000.0, 1),
                "bytes_in": seen["in"],
                "bytes_out": seen["out"],
                "key": scope["state"].get("livecut_key"),
            }
            logger.info("request", extra={"fields": fields})


class LoopbackHosts:
    """An ASGI layer for an open server: a page elsewhere gets nothing, nor has it anything done.

    Neither one whose name was made to resolve to here, nor one that sends its form to here. Programs say nothing of
    where they come from, and are served.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is for, or from, any host but `localhost` and loopback addresses: no name server makes those."""
        if scope["type"] == "http" and not _is_from_here(scope):
            answer = JSONResponse({"message": "An open server answers to localhost only."}, status_code=403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_from_here(scope: Scope) -> bool:
    headers = [(name, value.decode("latin-1").strip().lower()) for name, value in scope["headers"]]
    if not _is_loopback(_bare(next((value for name, value in headers if name == b"host"), ""))):
        return False
    for name, value in headers:
        # `null`, of a file or a sandbox, may be anybody.
        if name == b"origin" and not _is_loopback(_bare(value.partition("://")[2])):
            return False
        # Sent where there is no Origin, too. Whoever follows a link to our pages may read them.
        if name == b"sec-fetch-site" and value == "cross-site":
            return scope["method"] == "GET" and (b"sec-fetch-mode", "navigate") in headers
    return True


def _bare(host: str) -> str:
    """A host without its port."""
    return host if host.startswith("[") and host.endswith("]") else host.rpartition(":")[0] or host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host[1:-1] if host.startswith("[") else host).is_loopback
    except ValueError:
        return False
