"""One request from its head to its answer, whichever contract it speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from livecut.errors import RemoteUnreachable
from livecut.remote.fetch import Fetcher
from livecut.server.contracts import Answer, Contract, Failure, Work
from livecut.server.cutter import Cutter
from livecut.server.http.body import Body
from livecut.server.http.byte_budget import ByteBudget, Share
from livecut.server.http.door import Door, Visit
from livecut.server.http.line import Line
from livecut.server.http.logs import logger
from livecut.server.http.metrics import Metrics
from livecut.server.http.turned_away import TurnedAway, Why
from livecut.server.picture.decoder import Decoder

__all__ = ["Fetching", "Serving"]

_GRACE_S = 5.0
_PIECE_BYTES = 1 << 16


class Fetching:
    """Fetches addresses on threads of its own: one that hangs in a name server takes none from anybody else."""

    def __init__(self, fetcher: Fetcher, *, at_once: int, timeout_s: float) -> None:
        self._fetcher = fetcher
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="livecut-fetch")

    async def content(self, address: str) -> bytes:
        """The bytes at an address; raises as `Fetcher`."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._fetcher.content, address)
        try:
            return await asyncio.wait_for(future, self._timeout_s + _GRACE_S)
        except TimeoutError as error:
            raise RemoteUnreachable("the address cannot be fetched") from error

    def close(self) -> None:
        """End the threads, but wait for none: a name server may take its time. Idempotent."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Serving:
    """Lets a request in, reads its body, waits for its turn, reserves a credit, runs the networks and settles."""

    def __init__(
        self,
        *,
        door: Door,
        budget: ByteBudget,
        line: Line,
        decoder: Decoder,
        cutter: Cutter,
        metrics: Metrics,
        upload_timeout_s: float,
        upload_idle_s: float,
    ) -> None:
        """`upload_timeout_s` is for the answer, too; that nothing of it is taken is noticed by the connection."""
        self._door = door
        self._budget = budget
        self._line = line
        self._decoder = decoder
        self._cutter = cutter
        self._metrics = metrics
        self._upload_timeout_s = upload_timeout_s
        self._upload_idle_s = upload_idle_s

    async def serve(self, request: Request, contract: Contract) -> Response:
        """The answer, whatever happens."""
        share, body = self._budget.share(), Body(request)
        headers: dict[str, str] = {}
        patient = True
        try:
            answer = await self._answer(request, contract, share, body)
        except Failure as failure:
            answer = failure.answer
        except TurnedAway as away:
            answer = contract.refusal(away)
            patient = away.why is not Why.TOO_SLOW
            if away.retry_after_s is not None:
                headers["retry-after"] = str(int(away.retry_after_s))
        except ClientDisconnect:
            answer = Answer(499, b"")  # nobody reads it
        except Exception:
            logger.exception("a request failed")
            answer = contract.refusal(TurnedAway(Why.FAILED))
        if not body.ended and patient:
            await body.discard()
        if not body.ended:
            headers["connection"] = "close"
        # What came is gone by now; what goes takes memory until somebody has read it.
        share.become(len(answer.body))
        self._metrics.upload_bytes.set(self._budget.taken)
        return _Held(answer, headers, partial(self._left, share), self._upload_timeout_s)

    def _left(self, share: Share) -> None:
        share.release()
        self._metrics.upload_bytes.set(self._budget.taken)

    async def _answer(self, request: Request, contract: Contract, share: Share, body: Body) -> Answer:
        visit = await run_in_threadpool(self._door.enter, contract.key_of(request))
        share.owner = request.state.livecut_key = None if visit.key is None else visit.key.id
        form = await body.form(
            share,
            max_bytes=contract.max_request_bytes,
            timeout_s=self._upload_timeout_s,
            idle_s=self._upload_idle_s,
        )
        work = await contract.work(request, form, share)
        del form
        try:
            return await self._line.run(partial(self._work, visit, work))
        finally:
            self._metrics.in_line.set(self._line.inside)

    def _work(self, visit: Visit, work: Work) -> Answer:
        deaths = self._decoder.deaths
        try:
            work.prepare(self._decoder)
        finally:
            self._metrics.decoder_deaths.inc(max(0, self._decoder.deaths - deaths))
        reservation = visit.reserve()
        try:
            work.make(self._cutter)
        except BaseException:
            try:
                visit.release(reservation)
            except SQLAlchemyError:
                logger.exception("a credit is given back later: the database does not answer")
            raise
        remaining, consumed = visit.settle(reservation)
        self._metrics.credits.inc(consumed)
        return work.answer(remaining, consumed)


class _Held(Response):
    """An answer that is sent within `timeout_s`, or given up; `left` is called when it takes no more memory."""

    def __init__(self, answer: Answer, headers: dict[str, str], left: Callable[[], None], timeout_s: float) -> None:
        self._left = left
        self._timeout_s = timeout_s
        super().__init__(answer.body, answer.status, {**answer.headers, **headers}, answer.media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._send(send)
        except TimeoutError:
            # An answer that does not end closes the connection.
            logger.warning("an answer was not read in time")
        finally:
            self.body = b""
            self._left()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        # A message is passed on before it has left: only the next one waits until there is room. In pieces, little
        # stands in the connection's buffer, and the last message, which is empty, waits for all others.
        body = bytes(self.body)
        for start in range(0, len(body), _PIECE_BYTES):
            piece = body[start : start + _PIECE_BYTES]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
