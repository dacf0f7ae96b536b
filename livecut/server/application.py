"""The server as one ASGI application, put together from its settings and a cutter."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from livecut import __version__
from livecut.remote.fetch import Fetcher
from livecut.server import openapi
from livecut.server.api4ai import VERSION, Api4ai
from livecut.server.clipdrop import Clipdrop
from livecut.server.cutter import Cutter
from livecut.server.http.byte_budget import ByteBudget
from livecut.server.http.door import Door
from livecut.server.http.line import Line
from livecut.server.http.logs import logger
from livecut.server.http.metrics import CONTENT_TYPE, Metrics
from livecut.server.http.watch import LoopbackHosts, Watch
from livecut.server.page import HEADERS, page
from livecut.server.picture.decoder import Decoder
from livecut.server.serving import Fetching, Serving
from livecut.server.store.credits import Credits
from livecut.server.store.database import Database
from livecut.server.store.keys import Keys
from livecut.server.store.rates import Rates, rates_in
from livecut.settings.services import ServerSettings
from livecut.wire.api4ai.paths import SERVED_ROOTS
from livecut.wire.api4ai.request import LIMITS, MAX_REQUEST_BYTES
from livecut.wire.api4ai.result import Results
from livecut.wire.clipdrop import PATH as DEPTH_PATH

__all__ = ["application"]

_HEARTBEAT_S = 15.0
_FETCHES = 8


def application(
    settings: ServerSettings,
    make_cutter: Callable[[], Cutter],
    *,
    alone: bool = True,
) -> FastAPI:
    """The server. `make_cutter` is called when it starts; `alone`: no other process uses its database."""
    metrics = Metrics()
    budget = ByteBudget(settings.uploads_mb << 20, largest=max(MAX_REQUEST_BYTES, Clipdrop.max_request_bytes))
    app = FastAPI(
        title="livecut",
        version=__version__,
        description="People cut out (API4AI's contract) and their depth (Clipdrop's), by livecut's own networks.",
        lifespan=_lifespan(settings, make_cutter, budget, metrics, alone=alone),
        # Its own pages load their scripts from elsewhere, which tells elsewhere who reads them.
        docs_url=None,
        redoc_url=None,
        # Behind a proxy that speaks TLS it would send a request on, with its key, to where none is spoken.
        redirect_slashes=False,
    )
    clipdrop = Clipdrop()

    async def results(request: Request) -> Response:
        serving: Serving = request.app.state.serving
        return await serving.serve(request, request.app.state.api4ai)

    async def depth(request: Request) -> Response:
        serving: Serving = request.app.state.serving
        return await serving.serve(request, clipdrop)

    async def version() -> Response:
        return PlainTextResponse(VERSION)

    async def healthz() -> Response:
        return PlainTextResponse("ok")

    async def readyz(request: Request) -> Response:
        ready = await run_in_threadpool(_answers, request.app.state.database, request.app.state.rates)
        return PlainTextResponse("ready" if ready else "not ready", 200 if ready else 503)

    async def counts() -> Response:
        return Response(await run_in_threadpool(metrics.exposition), media_type=CONTENT_TYPE)

    async def docs(request: Request) -> Response:
        return HTMLResponse(page(request.app.openapi(), str(request.base_url).rstrip("/")), headers=HEADERS)

    for root in SERVED_ROOTS:
        first = root == SERVED_ROOTS[0]
        app.add_api_route(
            f"{root}/results",
            results,
            methods=["POST"],
            openapi_extra=openapi.RESULTS,
            responses={200: {"model": Results}},
            include_in_schema=first,
            name="results",
            summary="People in a picture, cut out",
            tags=["API4AI"],
        )
        app.add_api_route(
            f"{root}/version",
            version,
            methods=["GET"],
            response_class=PlainTextResponse,
            openapi_extra=openapi.VERSION,
            include_in_schema=first,
            name="version",
            summary="Version of the contract",
            tags=["API4AI"],
        )
    app.add_api_route(
        DEPTH_PATH,
        depth,
        methods=["POST"],
        response_class=Response,
        openapi_extra=openapi.DEPTH,
        name="depth",
        summary="Depth of the people in a picture",
        tags=["Clipdrop"],
    )
    for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", counts), ("/docs", docs)):
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"], name=path[1:], include_in_schema=False)

    known = {route.path: route.name for route in app.routes}  # type: ignore[attr-defined]
    if settings.open:
        app.add_middleware(LoopbackHosts)
    app.add_middleware(Watch, metrics=metrics, known=lambda path: known.get(path, "other"))
    return app


def _lifespan(
    settings: ServerSettings,
    make_cutter: Callable[[], Cutter],
    budget: ByteBudget,
    metrics: Metrics,
    *,
    alone: bool,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            database, rates, door = None, None, Door(None, None, None)
            if not settings.open:
                database = Database(None if settings.database is None else settings.database.get_secret_value())
                stack.callback(database.close)
                credits = Credits(database, uuid.uuid4().hex)
                await run_in_threadpool(_look_after, credits, alone=alone)
                rates = rates_in(settings.rate_store, database)
                door = Door(Keys(database), credits, rates)
                beating = asyncio.create_task(_heartbeat(credits))
                stack.push_async_callback(_stopped, beating)
            cutter = await run_in_threadpool(make_cutter)
            stack.callback(cutter.close)
            decoder = Decoder(settings.at_once, timeout_s=settings.decode_timeout_s)
            stack.callback(decoder.close)
            fetcher = Fetcher(max_bytes=LIMITS.max_bytes, timeout_s=settings.url_timeout_s, allow=settings.url_allow)
            fetching = Fetching(fetcher, at_once=_FETCHES, timeout_s=settings.url_timeout_s)
            stack.callback(fetching.close)
            line = Line(settings.at_once, settings.waiting)
            stack.push_async_callback(run_in_threadpool, line.close)
            app.state.database, app.state.rates = database, rates
            app.state.api4ai = Api4ai(fetching.content)
            app.state.serving = Serving(
                door=door,
                budget=budget,
                line=line,
                decoder=decoder,
                cutter=cutter,
                metrics=metrics,
                upload_timeout_s=settings.upload_timeout_s,
                upload_idle_s=settings.upload_idle_s,
            )
            yield

    return lifespan


def _answers(database: Database | None, rates: Rates | None) -> bool:
    if database is None or rates is None:
        return True
    try:
        with database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except SQLAlchemyError:
        return False
    return rates.answers()


def _look_after(credits: Credits, *, alone: bool) -> None:
    """Say that we are alive, and return what servers that are gone had reserved."""
    credits.seen()
    returned = credits.return_abandoned(alone=alone)
    if returned:
        logger.warning("returned credits of requests that never ended", extra={"fields": {"requests": returned}})


async def _heartbeat(credits: Credits) -> None:
    while True:
        await asyncio.sleep(_HEARTBEAT_S)
        try:
            await run_in_threadpool(_look_after, credits, alone=False)
        except SQLAlchemyError:
            logger.exception("the database does not answer")


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
