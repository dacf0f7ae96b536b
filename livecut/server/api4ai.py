"""API4AI's contract, served."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request

from livecut.errors import LivecutError
from livecut.server.contracts import Answer, Failure
from livecut.server.cutter import Cutter
from livecut.server.http.byte_budget import Share
from livecut.server.http.turned_away import TurnedAway, Why
from livecut.server.picture.answers import CutPicture, cut_picture
from livecut.server.picture.decoder import Decoded, Decoder, Undecodable
from livecut.wire.api4ai.mode import Mode
from livecut.wire.api4ai.paths import KEY_HEADERS
from livecut.wire.api4ai.refusal import Refusal
from livecut.wire.api4ai.request import LIMITS, MAX_REQUEST_BYTES, ResultsRequest
from livecut.wire.api4ai.result import ImageEntity, Result, Results
from livecut.wire.form import MAX_URL_CHARS, Form, name_of_url
from livecut.wire.header import PictureHeader
from livecut.wire.limits import MEGABYTE
from livecut.wire.malformed import Malformed

__all__ = ["VERSION", "Api4ai"]

VERSION: Final = "v1.3.0"
"""Of the contract that is served, as `GET /v1/version` gives it."""

CANNOT_LOAD: Final = "Can not load image."
CANNOT_LOAD_FROM_URL: Final = "Can not load image from url."

# The document is silent about keys, credits, rates and load; these are ours.
_REFUSALS: Final = {
    Why.NO_KEY: (401, "No API key provided."),
    Why.BAD_KEY: (401, "Invalid or revoked API key."),
    Why.NO_CREDIT: (429, "No credits left for this API key."),
    Why.TOO_OFTEN: (429, "Too many requests."),
    Why.MALFORMED: (422, "Malformed request."),
    Why.TOO_LARGE: (413, ""),
    Why.TOO_SLOW: (408, "Request timeout."),
    Why.FULL: (503, "Service is overloaded."),
    Why.AWAY: (503, "Service is unavailable."),
    Why.FAILED: (500, "Internal error."),
}


class Api4ai:
    """`POST .../results`."""

    max_request_bytes = MAX_REQUEST_BYTES

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        self._fetch = fetch

    def key_of(self, request: Request) -> str | None:
        """From either header, or from `?api_key=`, which some clients of the vendor's use."""
        headers = (request.headers.get(name) for name in KEY_HEADERS)
        return next(filter(None, headers), None) or request.query_params.get("api_key")

    async def work(self, request: Request, form: Form, share: Share) -> ResultsWork:
        """Parse the request, and fetch what comes by address."""
        try:
            asked = ResultsRequest.parse(request.query_params, form)
        except Malformed as error:
            raise TurnedAway(Why.MALFORMED, str(error)) from error
        if asked.image is not None:
            work = ResultsWork(asked.image.name, asked.image.content, asked.mode)
        else:
            address = asked.url or ""
            work = ResultsWork(name_of_url(address), b"", asked.mode)
            work.data = await self._fetched(address, share, work)
        if not asked.mode.is_mask:
            if asked.background is not None:
                work.background_data = asked.background.content
            elif asked.background_url is not None:
                work.background_data = await self._fetched(asked.background_url, share, work)
        return work

    async def _fetched(self, address: str, share: Share, work: ResultsWork) -> bytes:
        # First, on the event loop: reading a long address there would hold up everybody.
        if len(address) > MAX_URL_CHARS:
            raise work.failure(CANNOT_LOAD_FROM_URL)
        share.grow_to(share.bytes + LIMITS.max_bytes)
        try:
            return await self._fetch(address)
        except LivecutError as error:
            # One sentence for every reason: which addresses answer in a private network is nobody's business.
            raise work.failure(CANNOT_LOAD_FROM_URL) from error

    def refusal(self, away: TurnedAway) -> Answer:
        """The documented bodies of 413 and 422, and ours."""
        status, reason = _REFUSALS[away.why]
        refusal = Refusal(status, away.reason or reason)
        return Answer(status, bytes(refusal), refusal.media_type)


class ResultsWork:
    """One picture, its background and its mode."""

    def __init__(self, name: str, data: bytes, mode: Mode) -> None:
        self._name = name
        self._mode = mode
        self.data = data
        self.background_data: bytes | None = None
        self._picture: Decoded | None = None
        self._background: Decoded | None = None
        self._made: CutPicture | None = None

    def failure(self, message: str) -> Failure:
        """200, and inside it why the picture cannot be processed."""
        md5 = hashlib.md5(self.data, usedforsecurity=False).hexdigest()
        result = Result.failure(message, name=self._name, md5=md5)
        return Failure(Answer(200, bytes(Results(results=(result,)))))

    def prepare(self, decoder: Decoder) -> None:
        """Check and decode picture and background."""
        self._picture = self._decoded(self.data, decoder, "image")
        if self.background_data is not None:
            self._background = self._decoded(self.background_data, decoder, "background image")
            self.background_data = None

    def make(self, cutter: Cutter) -> None:
        """Cut the person out."""
        assert self._picture is not None
        self._made = cut_picture(cutter, self._picture, self._mode, self._background)
        self._picture = self._background = None

    def answer(self, remaining: int, consumed: int) -> Answer:
        """200 with picture and boxes."""
        assert self._made is not None
        result = Result.success(
            ImageEntity.of(self._mode.entity_name, self._made.png),
            self._made.boxes,
            name=self._name,
            md5=hashlib.md5(self.data, usedforsecurity=False).hexdigest(),
            width=self._made.size.width,
            height=self._made.size.height,
        )
        return Answer(200, bytes(Results(results=(result,))))

    def _decoded(self, data: bytes, decoder: Decoder, what: str) -> Decoded:
        cannot_load = CANNOT_LOAD if what == "image" else f"Can not load {what}."
        if len(data) > LIMITS.max_bytes:
            allowed = LIMITS.max_bytes // MEGABYTE
            raise self.failure(f"File of {what} is too big: {len(data)} bytes. Max allowed size: {allowed}Mb.")
        try:
            header = PictureHeader.parse(data)
        except Malformed as error:
            raise self.failure(cannot_load) from error
        if header.media_type not in LIMITS.media_types:
            raise self.failure(cannot_load)
        if not LIMITS.allows_size(header):
            subject = "Resolution" if what == "image" else f"Resolution of {what}"
            raise self.failure(f"{subject} is too big: {header.size}. Max allowed resolution: {LIMITS.largest()}.")
        try:
            return decoder.decode(data, header.size)
        except Undecodable as error:
            raise self.failure(cannot_load) from error
