"""When a failed call is sent again, and after how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

__all__ = ["Retries", "retry_after_s"]


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently. Waits are drawn evenly from 0 to a bound that doubles, so that clients spread."""

    attempts: int = 4
    """Calls in all, the first one included."""
    base_s: float = 0.5
    """Bound of the first wait."""
    longest_s: float = 30.0
    """No wait is longer; a service that asks for more is not waited for."""

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.base_s < 0.0 or self.longest_s < 0.0:
            raise ValueError("at least one attempt, and no negative waits")

    def delay_s(self, attempt: int, asked_s: float | None, random: float) -> float | None:
        """How long to wait after failed attempt number `attempt` (from 1); None: give up.

        `asked_s` is what the service asked for, if it did: it is never undercut, only jittered upwards by up to
        `base_s`. `random` is in 0 ... 1.
        """
        if attempt >= self.attempts:
            return None
        if asked_s is not None:
            return None if asked_s > self.longest_s else asked_s + random * self.base_s
        return float(random * min(self.longest_s, self.base_s * 2.0 ** (attempt - 1)))


def retry_after_s(text: str | None, *, now: Callable[[], float] = time.time) -> float | None:
    """Seconds in a Retry-After header, given as a number or as a date; None when absent or unreadable."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        # A date without a zone is meant as UTC: HTTP knows no other.
        at = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, at - now())
