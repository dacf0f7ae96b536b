"""No more calls a minute than a service allows, kept on our side of the line."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

__all__ = ["Pace"]

WINDOW_S = 60.0


class Pace:
    """Lets `per_minute` calls through in any sixty seconds and has the others wait, over any number of threads."""

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if per_minute < 1:
            raise ValueError("at least one call a minute")
        self._per_minute = per_minute
        self._clock = clock
        self._sleep = sleep
        self._sent: deque[float] = deque()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when a call may be sent, which then counts as sent."""
        while (delay_s := self._take()) > 0.0:
            self._sleep(delay_s)

    def _take(self) -> float:
        """Take a place in the window; otherwise how long until the oldest call leaves it."""
        with self._lock:
            now = self._clock()
            while self._sent and now - self._sent[0] >= WINDOW_S:
                self._sent.popleft()
            if len(self._sent) < self._per_minute:
                self._sent.append(now)
                return 0.0
            # Never nothing: a rounded difference of 0 would take a place that is not free.
            return max(self._sent[0] + WINDOW_S - now, 0.001)
