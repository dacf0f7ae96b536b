"""A request that is not served, before a contract puts its own words to it."""

from __future__ import annotations

from enum import Enum, auto

__all__ = ["TurnedAway", "Why"]


class Why(Enum):
    """Why a request is not served; each contract has its own status for each."""

    NO_KEY = auto()
    BAD_KEY = auto()
    NO_CREDIT = auto()
    TOO_OFTEN = auto()
    MALFORMED = auto()
    TOO_LARGE = auto()
    TOO_SLOW = auto()
    FULL = auto()
    AWAY = auto()
    """What keys, credits or requests are kept in does not answer."""
    FAILED = auto()


class TurnedAway(Exception):
    """Raised anywhere on a request's way; `reason` is for the client and quotes nothing of the request but names."""

    def __init__(self, why: Why, reason: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(why.name)
        self.why = why
        self.reason = reason
        self.retry_after_s = retry_after_s
