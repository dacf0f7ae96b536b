"""Says when kernels are compiled rather than read from numba's cache: the very first run, or a new version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event as _events
from numba.core.registry import CPUDispatcher

__all__ = ["when_compiling"]

_event: Any = _events
"""Untyped, as its functions are."""
_KIND = "numba:compile"


class _Once(_events.Listener):
    def __init__(self, call: Callable[[], object]) -> None:
        self._call: Callable[[], object] | None = call

    def on_start(self, event: Any) -> None:
        if not isinstance(event.data.get("dispatcher"), CPUDispatcher):
            return  # a GPU's kernels are no business of the CPU's
        call, self._call = self._call, None
        if call is not None:
            call()

    def on_end(self, event: Any) -> None:
        pass


@contextmanager
def when_compiling(call: Callable[[], object]) -> Iterator[None]:
    """Within, `call` is called once when the first kernel begins to be compiled, on the thread that compiles."""
    listener = _Once(call)
    _event.register(_KIND, listener)
    try:
        yield
    finally:
        _event.unregister(_KIND, listener)
