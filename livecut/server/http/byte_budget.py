"""One budget of memory for everything that is being uploaded, and for answers until they have been read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from livecut.server.http.turned_away import TurnedAway, Why

__all__ = ["ByteBudget", "Share"]

_RETRY_AFTER_S = 2.0


class ByteBudget:
    """Bytes that uploads and answers in flight may take together. Used by the event loop's thread alone.

    No owner takes more than half of it, or `largest`, what one request may have: one key cannot lock out all others.
    """

    def __init__(self, total: int, *, largest: int = 0) -> None:
        self.total = total
        self.taken = 0
        self._most = min(total, max(total // 2, largest))
        self._owned: Counter[Hashable] = Counter()

    def share(self) -> Share:
        """A request's part of it, empty at first."""
        return Share(self)

    def check(self, owner: Hashable | None, more: int) -> None:
        """Raise `TurnedAway` when there is no room for `more` bytes of this owner's."""
        if self.taken + more > self.total:
            raise TurnedAway(Why.FULL, "Too many uploads at once.", retry_after_s=_RETRY_AFTER_S)
        if owner is not None and self._owned[owner] + more > self._most:
            raise TurnedAway(Why.FULL, "Too many uploads at once with this key.", retry_after_s=_RETRY_AFTER_S)

    def move(self, owner: Hashable | None, count: int) -> None:
        """Take bytes for an owner, or give them back."""
        self.taken += count
        if owner is not None:
            self._owned[owner] += count
            if not self._owned[owner]:
                del self._owned[owner]


class Share:
    """What one request has taken. Set `owner` before the first byte; None is bound by the total alone."""

    def __init__(self, budget: ByteBudget) -> None:
        self._budget = budget
        self._bytes = 0
        self.owner: Hashable | None = None

    def expect(self, count: int) -> None:
        """`TurnedAway` when there is no room now for `count` bytes in all. Takes nothing: they may never come."""
        self._budget.check(self.owner, count - self._bytes)

    def grow_to(self, count: int) -> None:
        """Have at least `count` bytes; `TurnedAway` when the budget has no room."""
        more = count - self._bytes
        if more <= 0:
            return
        self._budget.check(self.owner, more)
        self._budget.move(self.owner, more)
        self._bytes += more

    def become(self, count: int) -> None:
        """Have `count` bytes from now on, room or not: they are there, and others have to wait for what comes next."""
        self._budget.move(self.owner, count - self._bytes)
        self._bytes = count

    @property
    def bytes(self) -> int:
        """What it has."""
        return self._bytes

    def release(self) -> None:
        """Give everything back. Idempotent."""
        self._budget.move(self.owner, -self._bytes)
        self._bytes = 0
