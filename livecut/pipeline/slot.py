"""A place for one item between two threads: the latest wins, or, lossless, the writer waits."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

__all__ = ["Closed", "Slot"]

T = TypeVar("T")


class Closed(Exception):
    """The slot was closed and holds nothing more."""


class Slot(Generic[T]):
    """Holds at most one item.

    Latest wins (default): `put` replaces an item nobody took and counts it as dropped. Lossless: `put` waits until
    the item before was taken. `close` lets the reader take what is still there, then both sides get `Closed`.
    """

    def __init__(self, *, lossless: bool = False) -> None:
        self._lossless = lossless
        self._condition = threading.Condition()
        self._item: T | None = None
        self._full = False
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many items were replaced before anyone took them."""
        return self._dropped

    def put(self, item: T) -> T | None:
        """Leave an item; returns the one it displaced, so that its memory can be used again. Raises `Closed`."""
        with self._condition:
            while self._lossless and self._full and not self._closed:
                self._condition.wait()
            if self._closed:
                raise Closed
            displaced = self._item if self._full else None
            self._dropped += displaced is not None
            self._item, self._full = item, True
            self._condition.notify_all()
            return displaced

    def take(self, timeout_s: float | None = None) -> T | None:
        """Wait for an item and take it; None when the time is over. Raises `Closed` once closed and empty."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._full or self._closed, timeout_s):
                return None
            if not self._full:
                raise Closed
            item, self._item, self._full = self._item, None, False
            self._condition.notify_all()
            return item

    def close(self, *, discard: bool = False) -> None:
        """No more items; with `discard` the one still there is thrown away. Idempotent."""
        with self._condition:
            self._closed = True
            if discard:
                self._item, self._full = None, False
            self._condition.notify_all()
