"""The outermost layer: counts and logs each request, and keeps other sites' pages away from an open server."""

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
    """An ASGI layer for an open server: a page elsewhere whose name was made to resolve to here gets nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse requests for any host but `localhost` and loopback addresses: no name server makes those."""
        if scope["type"] == "http":
            host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
            bare = host if host.startswith("[") and host.endswith("]") else host.rpartition(":")[0] or host
            if not _is_loopback(bare):
                answer = JSONResponse({"message": "An open server answers to localhost only."}, status_code=403)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host[1:-1] if host.startswith("[") else host).is_loopback
    except ValueError:
        return False
