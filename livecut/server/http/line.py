"""The bounded line before the networks: so many at once, so many waiting, and the rest told when to come back."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from livecut.server.http.turned_away import TurnedAway, Why

__all__ = ["Line"]

T = TypeVar("T")

# Of the running mean of how long a picture takes; about the last ten count.
_MEAN_WEIGHT = 0.2


class Line:
    """Runs blocking work on `at_once` threads, with at most `waiting` more in line; used by the event loop alone."""

    def __init__(self, at_once: int, waiting: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._room = at_once + waiting
        self._clock = clock
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="livecut-still")
        self._seconds = 1.0
        self._lock = threading.Lock()
        self.inside = 0
        """Pictures being processed or waiting."""

    def retry_after_s(self) -> float:
        """When there will probably be room again."""
        with self._lock:
            seconds = self._seconds
        return float(max(1, math.ceil(seconds * self._room / self._at_once / 2)))

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work when its turn comes; `TurnedAway` at once when the line is full."""
        if self.inside >= self._room:
            raise TurnedAway(Why.FULL, "Too many pictures at once.", retry_after_s=self.retry_after_s())
        with self._lock:
            self.inside += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._in_turn, work)
        future.add_done_callback(_seen)
        return await asyncio.shield(future)

    def close(self) -> None:
        """Finish what is in line and end the threads. Idempotent."""
        self._threads.shutdown(wait=True)

    def _in_turn(self, work: Callable[[], T]) -> T:
        began = self._clock()
        try:
            return work()
        finally:
            # The place is given back when the work ends: not when a client that waited for it has gone, nor when the
            # event loop comes to hear of it, which may be after the answer.
            with self._lock:
                self._seconds += _MEAN_WEIGHT * (self._clock() - began - self._seconds)
                self.inside -= 1


def _seen(future: asyncio.Future[T]) -> None:
    if not future.cancelled():
        future.exception()  # also when nobody waits any more
