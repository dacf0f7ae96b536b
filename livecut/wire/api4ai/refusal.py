"""Answers other than 200: each status with the body it has."""

from __future__ import annotations

import json
from dataclasses import dataclass

from livecut.wire.refusal import reason_in

__all__ = ["TOO_LARGE", "Refusal"]

TOO_LARGE = "Error: Request Entity Too Large\n\nYour client issued a request that was too large.\n"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not 200.

    The document has 413 as text and 422 as `{"detail": ...}` and is silent about the others, which are
    `{"message": ...}` as the vendor's gateway writes them.
    """

    status: int
    reason: str

    @property
    def media_type(self) -> str:
        """Type of the body."""
        return "text/plain" if self.status == 413 else "application/json"

    def __bytes__(self) -> bytes:
        if self.status == 413:
            return TOO_LARGE.encode()
        key = "detail" if self.status == 422 else "message"
        return json.dumps({key: self.reason}, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def too_large(cls) -> Refusal:
        """A request of more than 32 MB."""
        return cls(413, reason_in(TOO_LARGE.encode()))

    @classmethod
    def parse(cls, status: int, body: bytes) -> Refusal:
        """What a refusal says; never fails, since any gateway on the way may write a body of its own."""
        return cls(status, reason_in(body))
