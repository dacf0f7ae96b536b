"""A second thread for what a picture needs besides: it works while the caller waits for the network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeAlias

from livecut.kernels.cpu.bands import threads_in_use
from livecut.kernels.cpu.seats import Seat

__all__ = ["Aside"]

_Work: TypeAlias = Callable[[], object]


class Aside:
    """Does one piece of work at a time beside its owner, or at once where kernels may take one thread only.

    The work must not share its own rows between threads (`in_bands`): each thread that does so has a pool of its own.
    """

    def __init__(self, name: str, *, always: bool = False) -> None:
        """`name` of the thread, which begins with the first work; `always`: none is done elsewhere until `close`."""
        self._name, self._always = name, always
        self._given: SimpleQueue[_Work | None] = SimpleQueue()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._busy = self._closed = False

    def start(self, work: _Work) -> None:
        """Begin `work`; `wait` must follow before the next one."""
        if self._busy:
            raise ValueError("the work before has not been waited for")
        if self._closed or (threads_in_use() < 2 and not self._always):
            work()
            return
        if self._thread is None:
            self._thread = threading.Thread(target=_serve, args=(self._given, self._done), name=self._name, daemon=True)
            self._thread.start()
        self._busy = True
        self._given.put(work)

    def wait(self) -> None:
        """Return when the work is done, and raise what it raised. Without work it does nothing."""
        if self._busy:
            error = self._done.get()
            self._busy = False
            if error is not None:
                raise error

    def close(self) -> None:
        """End the thread when its work is done; what is started afterwards is done at once. Idempotent."""
        self._closed = True
        thread, self._thread = self._thread, None
        if thread is not None:
            self._given.put(None)
            thread.join()


def _serve(given: SimpleQueue[_Work | None], done: SimpleQueue[BaseException | None]) -> None:
    # Knows the queues only, not who owns them.
    Seat.leave()
    while (work := given.get()) is not None:
        try:
            work()
        except BaseException as error:  # whatever it is, its owner has to know
            done.put(error)
        else:
            done.put(None)
        del work
