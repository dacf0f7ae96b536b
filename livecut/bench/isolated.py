"""Runs a measurement in a fresh process, so that none inherits another one's memory, threads or caches."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from livecut.errors import LivecutError

__all__ = ["isolated"]

P = ParamSpec("P")
T = TypeVar("T")


def isolated(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`work(...)` in a process of its own; its result and errors are those of the call. All of it must pickle."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=_end_with_who_asked) as pool:
        try:
            return pool.submit(work, *args, **kwargs).result()
        except BrokenProcessPool as error:
            raise LivecutError(
                "the measuring process was killed", hint="was there enough memory? a smaller --size"
            ) from error


def _end_with_who_asked() -> None:
    # Ctrl-C reaches every process of the terminal: the one above says so, this one has nothing to add.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Any other end of that process is told to nobody: this one would go on beside the next measurement, and then wait.
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    asking = multiprocessing.parent_process()
    assert asking is not None
    asking.join()
    os._exit(1)
