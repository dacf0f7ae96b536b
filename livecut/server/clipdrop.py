"""Clipdrop's contract, served."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from livecut.server.contracts import Answer, Failure
from livecut.server.cutter import Cutter
from livecut.server.http.byte_budget import Share
from livecut.server.http.turned_away import TurnedAway, Why
from livecut.server.picture.answers import depth_picture
from livecut.server.picture.decoder import Decoded, Decoder, Undecodable
from livecut.server.picture.encoder import MAX_JPEG_SIDE_PX
from livecut.wire.clipdrop import KEY_HEADER, LIMITS, DepthRequest, DepthResult, Refusal
from livecut.wire.form import Form
from livecut.wire.header import PictureHeader
from livecut.wire.limits import MEGABYTE
from livecut.wire.malformed import Malformed

__all__ = ["Clipdrop"]

_WRONG_TYPE: Final = "Input image format is not valid"
_TOO_LARGE: Final = f"Image file is too big, {LIMITS.max_bytes // MEGABYTE} Mb are allowed"

_REFUSALS: Final = {
    Why.NO_KEY: (401, "No api key provided"),
    Why.BAD_KEY: (403, "Invalid or revoked api key"),
    Why.NO_CREDIT: (402, "No remaining credits"),
    Why.TOO_OFTEN: (429, "Too many requests"),
    Why.MALFORMED: (400, "Malformed request"),
    Why.TOO_LARGE: (400, _TOO_LARGE),
    Why.TOO_SLOW: (400, "The upload took too long"),
    # The document has no status for a full server; 503 is what clients know to retry.
    Why.FULL: (503, "Service is overloaded"),
    Why.AWAY: (503, "Service is unavailable"),
    Why.FAILED: (500, "Internal error"),
}


class Clipdrop:
    """`POST /portrait-depth-estimation/v1`."""

    # The file's bound, and room for what a form puts around it.
    max_request_bytes = LIMITS.max_bytes + 2 * MEGABYTE

    def key_of(self, request: Request) -> str | None:
        """From its header."""
        return request.headers.get(KEY_HEADER)

    async def work(self, request: Request, form: Form, share: Share) -> DepthWork:
        """Parse the request."""
        try:
            return DepthWork(DepthRequest.parse(form).image_file.content)
        except Malformed as error:
            raise TurnedAway(Why.MALFORMED, str(error)) from error

    def refusal(self, away: TurnedAway) -> Answer:
        """The documented statuses."""
        status, reason = _REFUSALS[away.why]
        return Answer(status, bytes(Refusal(status, away.reason or reason)))


class DepthWork:
    """One picture."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._picture: Decoded | None = None
        self._jpeg = b""

    def prepare(self, decoder: Decoder) -> None:
        """Check and decode the picture."""
        if len(self._data) > LIMITS.max_bytes:
            raise _failure(_TOO_LARGE)
        try:
            header = PictureHeader.parse(self._data)
        except Malformed as error:
            raise _failure(_WRONG_TYPE) from error
        if header.media_type not in LIMITS.media_types:
            raise _failure(_WRONG_TYPE)
        if not LIMITS.allows_size(header):
            raise _failure(f"Image resolution is too big: {header.size}, {LIMITS.largest()} are allowed")
        if max(header.size) > MAX_JPEG_SIDE_PX:
            raise _failure(f"Image resolution is too big: {header.size}, {MAX_JPEG_SIDE_PX} pixels a side are allowed")
        try:
            self._picture = decoder.decode(self._data, header.size)
        except Undecodable as error:
            raise _failure(_WRONG_TYPE) from error

    def make(self, cutter: Cutter) -> None:
        """Estimate the depth of the people."""
        assert self._picture is not None
        self._jpeg = depth_picture(cutter, self._picture)
        self._picture = None

    def answer(self, remaining: int, consumed: int) -> Answer:
        """200 with the picture and both credit headers."""
        result = DepthResult(self._jpeg, remaining, consumed)
        headers = result.headers()
        return Answer(200, result.jpeg, headers.pop("content-type"), headers)


def _failure(reason: str) -> Failure:
    return Failure(Answer(400, bytes(Refusal(400, reason))))
