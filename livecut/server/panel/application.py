"""The panel as an ASGI application: its page, and what the page asks of the running filter."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from livecut import __version__, plugins
from livecut.app.control import state
from livecut.app.still_image import encode_png
from livecut.errors import LivecutError, RoomNotMeant, SettingsError
from livecut.inference.store import available
from livecut.protocols import Need
from livecut.server.http.watch import LoopbackHosts
from livecut.server.panel.form import fields, values
from livecut.server.panel.keeping import keep, still_true
from livecut.server.panel.viewfinder import Viewfinder
from livecut.settings.live import check_live, shows_room
from livecut.settings.load import Patch, merged, user_file

if TYPE_CHECKING:
    from livecut.app.session import Session

__all__ = ["application"]

_MAX_BODY_BYTES: Final = 1 << 16
_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What goes with every answer: should anything foreign ever get in, a browser does not load it, nor keeps a picture."""


def application(session: Session, viewfinder: Viewfinder, token: str) -> Starlette:
    """The panel of a session. The page itself is anybody's on this machine; the rest wants `token` as a bearer's."""
    controls = _Controls(session, viewfinder)
    pages = files(__package__).joinpath("page")
    routes = [
        Route(f"/{'' if name == 'index.html' else name}", _page(pages.joinpath(name).read_bytes(), name))
        for name in ("index.html", "panel.css", "panel.js", "presets.js", "form.js", "ask.js", "view.js")
    ]
    routes += [
        Route("/api/form", controls.form),
        Route("/api/state", controls.state),
        Route("/api/settings", controls.change, methods=["PATCH"]),
        Route("/api/preset", controls.preset, methods=["PUT"]),
        Route("/api/privacy", controls.privacy, methods=["PUT"]),
        Route("/api/picture", controls.picture),
        Route("/api/still", controls.still),
        Route("/api/keep", controls.keep, methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(_Headers), Middleware(LoopbackHosts), Middleware(_Access, token=token)],
        exception_handlers={LivecutError: _refused, RoomNotMeant: _unmeant},
    )


class _Controls:
    """The routes of one session."""

    def __init__(self, session: Session, viewfinder: Viewfinder) -> None:
        self._session = session
        self._viewfinder = viewfinder
        self._changes: Patch = {}
        """What was changed here and is not kept yet."""
        # One after the other: two changes that each hide the room could together show it.
        self._changing = asyncio.Lock()

    async def form(self, request: Request) -> Response:
        """Presets, and rows of the form; where a name is wanted, those that there are."""
        effects = plugins.names("effects")
        names = {
            "effect.name": effects,
            "effect.split.before": effects,
            "effect.split.after": effects,
            "model.name": await run_in_threadpool(available, Need.MATTE),
            "model.depth": await run_in_threadpool(available, Need.DEPTH),
        }
        rows = [asdict(field) | {"suggestions": names.get(field.path, ())} for field in fields()]
        presets = [{"name": name, "raw": shows_room(one)} for name, one in self._session.presets.items()]
        return JSONResponse({"version": __version__, "fields": rows, "presets": presets, "file": str(user_file())})

    async def state(self, request: Request) -> Response:
        """Settings, rates, and what the outputs show."""
        return JSONResponse(self._state())

    async def change(self, request: Request) -> Response:
        """Apply a patch. The raw picture comes only where `raw` says that it is meant."""
        asked = await _asked(request)
        patch, is_meant = asked.get("patch"), asked.get("raw") is True
        if not isinstance(patch, dict):
            raise SettingsError('a change is {"patch": {...}}')
        check_live(patch)
        async with self._changing:
            await run_in_threadpool(self._session.apply, patch, reveal=is_meant)
            self._changes = merged(self._changes, patch)
        return JSONResponse(self._state())

    async def preset(self, request: Request) -> Response:
        """Change to a preset, by the rules of any change; what it sets can be kept for the next start."""
        asked = await _asked(request)
        name, is_meant = asked.get("name"), asked.get("raw") is True
        if not isinstance(name, str):
            raise SettingsError('a preset is {"name": "..."}')
        async with self._changing:
            await run_in_threadpool(self._session.apply_preset, name, reveal=is_meant)
            self._changes = merged(self._changes, self._session.settings.presets[name])
        return JSONResponse(self._state())

    async def privacy(self, request: Request) -> Response:
        """Show the privacy card, or the picture again."""
        on = (await _asked(request)).get("on")
        if not isinstance(on, bool):
            raise SettingsError('the privacy switch is {"on": true} or {"on": false}')
        self._session.set_privacy(on)
        return JSONResponse(self._state())

    async def picture(self, request: Request) -> Response:
        """The next picture of the outputs, small; 204 where none comes."""
        jpeg = await run_in_threadpool(self._viewfinder.jpeg)
        return Response(jpeg, media_type="image/jpeg") if jpeg else Response(status_code=204)

    async def still(self, request: Request) -> Response:
        """A picture of the outputs as it is; never the privacy card."""
        pixels = await run_in_threadpool(self._session.snapshots.take)
        return Response(await run_in_threadpool(encode_png, pixels), media_type="image/png")

    async def keep(self, request: Request) -> Response:
        """Write what was changed here into the user's own file; the raw picture is nobody's for the next start."""
        file = user_file()
        async with self._changing:
            if shows_room(self._session.settings):
                raise SettingsError("the raw picture is not kept", hint="choose another effect first")
            await run_in_threadpool(keep, self._unkept(), file)
            self._changes = {}
        return JSONResponse(self._state() | {"file": str(file)})

    def _unkept(self) -> Patch:
        """Of what was changed here, what still holds: a preset, or a key of the window, may have undone the rest."""
        return still_true(self._changes, self._session.settings.model_dump())

    def _state(self) -> dict[str, Any]:
        settings = self._session.settings
        return state(self._session) | {"values": values(settings), "unkept": bool(self._unkept())}


class _Headers:
    """An ASGI layer that sends `_HEADERS` with every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    *((name.encode(), value.encode()) for name, value in _HEADERS.items()),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


class _Access:
    """An ASGI layer: what is under `/api` is for whoever has the token."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
            if not secrets.compare_digest(given, self._wanted):
                answer = JSONResponse({"message": "open the panel by the address that livecut printed"}, 401)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _page(content: bytes, name: str) -> Any:
    media_type = _TYPES[name[name.rindex(".") :]]

    async def page(request: Request) -> Response:
        return Response(content, media_type=media_type)

    return page


async def _asked(request: Request) -> dict[str, Any]:
    """The body, which is an object in JSON. Raises `SettingsError`."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_BODY_BYTES:
                raise SettingsError("no change is as long as this")
    except ClientDisconnect as error:
        raise SettingsError("the request broke off") from error
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SettingsError("a request is an object in JSON") from error
    if not isinstance(asked, dict):
        raise SettingsError("a request is an object in JSON")
    return asked


async def _unmeant(request: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error), "raw": True}, 409)


async def _refused(request: Request, error: Exception) -> Response:
    hint = error.hint if isinstance(error, LivecutError) else ""
    return JSONResponse({"message": str(error), "hint": hint}, 422)
