"""What serving one contract takes: its words for a request that is turned away, and the work a request asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request

from livecut.server.cutter import Cutter
from livecut.server.http.byte_budget import Share
from livecut.server.http.turned_away import TurnedAway
from livecut.server.picture.decoder import Decoder
from livecut.wire.form import Form

__all__ = ["Answer", "Contract", "Failure", "Work"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    body: bytes = field(repr=False)
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Failure(Exception):
    """The picture cannot be processed; carries the answer that says so. Costs nothing."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Work(Protocol):
    """What one request asks for, in two steps between which a credit is reserved. Blocking."""

    def prepare(self, decoder: Decoder) -> None:
        """Check and decode the pictures; `Failure` when they cannot be processed."""
        ...

    def make(self, cutter: Cutter) -> None:
        """Let the networks run."""
        ...

    def answer(self, remaining: int, consumed: int) -> Answer:
        """The answer, with what is left of the key's credits."""
        ...


class Contract(Protocol):
    """One vendor's contract."""

    @property
    def max_request_bytes(self) -> int:
        """A longer body is not read."""
        ...

    def key_of(self, request: Request) -> str | None:
        """The key a request shows."""
        ...

    async def work(self, request: Request, form: Form, share: Share) -> Work:
        """What a request asks for. Raises `TurnedAway` or `Failure`."""
        ...

    def refusal(self, away: TurnedAway) -> Answer:
        """The contract's own words."""
        ...
