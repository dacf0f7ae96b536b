"""One budget of memory for everything that is being uploaded."""

from __future__ import annotations

from livecut.server.http.turned_away import TurnedAway, Why

__all__ = ["ByteBudget", "Share"]

_RETRY_AFTER_S = 2.0


class ByteBudget:
    """Bytes that uploads in flight may take together. Used by the event loop's thread alone."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.taken = 0

    def share(self) -> Share:
        """A request's part of it, empty at first; a context manager that gives everything back."""
        return Share(self)


class Share:
    """What one request has taken."""

    def __init__(self, budget: ByteBudget) -> None:
        self._budget = budget
        self._bytes = 0

    def grow_to(self, count: int) -> None:
        """Have at least `count` bytes; `TurnedAway` when the budget has no room."""
        more = count - self._bytes
        if more <= 0:
            return
        if self._budget.taken + more > self._budget.total:
            raise TurnedAway(Why.FULL, "Too many uploads at once.", retry_after_s=_RETRY_AFTER_S)
        self._budget.taken += more
        self._bytes += more

    @property
    def bytes(self) -> int:
        """What it has."""
        return self._bytes

    def release(self) -> None:
        """Give everything back. Idempotent."""
        self._budget.taken -= self._bytes
        self._bytes = 0
