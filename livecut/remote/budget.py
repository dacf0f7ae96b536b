"""A number of credits the user allows, which is never passed, whatever fails on the way."""

from __future__ import annotations

import threading

from livecut.errors import RemoteDenied

__all__ = ["CreditBudget"]


class CreditBudget:
    """Counts credits over any number of threads and clients that share it.

    A call holds its price before it is sent and settles it with the answer; where no answer tells whether it was
    charged (a broken connection, a gateway's 502 or 504), it counts as spent. The price held is that of the dearest
    call so far, at least 1: a service that suddenly charges more is noticed one call late.
    """

    def __init__(self, credits: int) -> None:
        if credits < 0:
            raise ValueError("a budget is not negative")
        self._credits = credits
        self._spent = 0
        self._held = 0
        self._price = 1
        self._lock = threading.Lock()

    @property
    def credits(self) -> int:
        """What the user allows."""
        return self._credits

    @property
    def spent(self) -> int:
        """What calls have cost, or may have cost."""
        with self._lock:
            return self._spent

    def hold(self) -> int:
        """Set one call's price aside and return it; `RemoteDenied` when the budget has no room for it."""
        with self._lock:
            if self._spent + self._held + self._price > self._credits:
                raise RemoteDenied(
                    f"the budget of {self._credits} credits is used up ({self._spent} spent, {self._held} in flight)",
                    hint="raise remote.credit_budget, or work locally",
                )
            self._held += self._price
            return self._price

    def settle(self, held: int, spent: int) -> None:
        """Give back what `hold` set aside and count what the call really cost."""
        with self._lock:
            self._held -= held
            self._spent += spent
            self._price = max(self._price, spent)
