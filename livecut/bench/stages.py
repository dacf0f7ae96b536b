"""A meter that keeps every time it is told, for percentiles over the whole measurement."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from livecut.bench.spread import Spread
from livecut.pipeline.meter import Meter

__all__ = ["StageTimes"]


class StageTimes(Meter):
    """The pipeline's meter without its window: it keeps all stage times since `clear_stages`. Used by one thread."""

    def __init__(self, clock_ns: Callable[[], int] = time.perf_counter_ns) -> None:
        super().__init__()
        self._ticks_ns = clock_ns
        self._times_ms: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage of one frame."""
        start = self._ticks_ns()
        try:
            yield
        finally:
            self._times_ms.setdefault(name, []).append((self._ticks_ns() - start) / 1e6)

    def clear_stages(self) -> None:
        """Forget all stage times."""
        self._times_ms.clear()

    def spreads(self) -> dict[str, Spread]:
        """Milliseconds of each stage, in the order they first ran."""
        return {name: Spread.of(times) for name, times in self._times_ms.items()}
