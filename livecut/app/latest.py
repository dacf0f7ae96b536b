"""Does the last of what was asked for, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from livecut.errors import LivecutError

__all__ = ["Latest"]

log = logging.getLogger(__name__)


class Latest:
    """What was asked for while another is being done is done after it, and of several only the last."""

    def __init__(self, work: Callable[[str], object], *, name: str, stopping: threading.Event) -> None:
        """`name` is the thread's; once `stopping` is set nothing more is begun."""
        self._work = work
        self._name = name
        self._stopping = stopping
        self._lock = threading.Lock()
        self._asked: str | None = None
        """The last, while a thread sees to it."""

    @property
    def asked(self) -> str | None:
        """What was asked for last, while it is not done."""
        with self._lock:
            return self._asked

    def ask(self, what: str) -> None:
        """Have it done and return at once."""
        with self._lock:
            is_first, self._asked = self._asked is None, what
            if is_first:
                threading.Thread(target=self._do, name=self._name, daemon=True).start()

    def _do(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                what = self._asked
            if what is None:
                return
            try:
                self._work(what)
            except Exception as error:  # what is asked for next may well go
                log.warning("%s was not done: %s", what, error, exc_info=not isinstance(error, LivecutError))
            with self._lock:
                if self._asked == what:
                    self._asked = None
