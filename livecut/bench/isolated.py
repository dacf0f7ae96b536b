"""Runs a measurement in a fresh process, so that none inherits another one's memory, threads or caches."""

from __future__ import annotations

import multiprocessing
import signal
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
    with ProcessPoolExecutor(1, context, initializer=_end_at_once_on_interrupt) as pool:
        try:
            return pool.submit(work, *args, **kwargs).result()
        except BrokenProcessPool as error:
            raise LivecutError(
                "the measuring process was killed", hint="was there enough memory? a smaller --size"
            ) from error


def _end_at_once_on_interrupt() -> None:
    # Ctrl-C reaches every process of the terminal: the one above says so, this one has nothing to add.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
