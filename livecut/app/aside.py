"""Calls on a thread aside that nobody has to wait for: not the caller beyond its time, not the end of the process."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

__all__ = ["Aside"]

T = TypeVar("T")

_LAST_S: Final = 10.0


class Aside:
    """One thread, begun with the first call, that makes one call after another.

    It is a daemon, unlike an executor's: the interpreter waits for those when it ends, and a network or a driver that
    hangs would hold up the end for ever.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._at_work = False
        self._closed = False

    def call(self, function: Callable[[], T], timeout_s: float) -> T:
        """What `function` answers or raises; `TimeoutError` when it takes longer, waiting for earlier ones included.

        One that has not begun by then never does; one that has goes on, and what comes of it is dropped.
        """
        future: Future[T] = self._put(function)
        try:
            return future.result(timeout_s)
        finally:
            future.cancel()

    def close(self, last: Callable[[], None]) -> None:
        """Make a last call, which releases what the others used, and end; behind one that hangs nobody waits for it.

        Idempotent.
        """
        if self._closed:
            return
        self._closed = True
        if self._thread is None:
            last()
            return
        hangs = self._at_work
        future = self._put(last)
        self._calls.put(None)
        if not hangs:
            with contextlib.suppress(TimeoutError):
                future.result(_LAST_S)

    def _put(self, function: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._calls.put((future, function))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        return future

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            future, function = call
            if not future.set_running_or_notify_cancel():
                continue
            self._at_work = True
            try:
                result = function()
            except BaseException as error:
                self._at_work = False
                future.set_exception(error)
            else:
                self._at_work = False
                future.set_result(result)
            del call, future, function
