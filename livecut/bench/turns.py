"""One frame's work, timed until the threads that did it are at rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

__all__ = ["Turn", "calm_down", "timed"]

_CALM_SHARE: Final = 0.1
_LOOK_S: Final = 0.005
_LONGEST_S: Final = 0.3


class Turn(NamedTuple):
    """What one frame took, in milliseconds."""

    wall_ms: float
    cpu_ms: float
    """Of all threads of the process, as the kernel had counted it at the frame's end."""
    until_rest_ms: float = 0.0
    """The same until those threads rest, if that was waited for."""


def calm_down(
    cpu_s: Callable[[], float] = time.process_time,
    clock_s: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Wait until no thread of this process works any more, at most a third of a second.

    ONNX Runtime's threads go on spinning for tens of milliseconds when a frame is done. That would be counted against
    whoever computes next.
    """
    end = clock_s() + _LONGEST_S
    while clock_s() < end:
        since, worked = clock_s(), cpu_s()
        sleep(_LOOK_S)
        if cpu_s() - worked < _CALM_SHARE * (clock_s() - since):
            return


def timed(
    work: Callable[[], object],
    rest: Callable[[], object] | None = None,
    *,
    cpu_s: Callable[[], float] = time.process_time,
    clock_s: Callable[[], float] = time.perf_counter,
) -> Turn:
    """Do a frame's `work` and wait for the `rest` of its threads, which is `calm_down`.

    What passes until they rest is no part of the frame's time. The processor they use meanwhile is kept beside the
    frame's: the frame woke them, and the kernel counts some of a thread's time only when it sleeps.
    """
    start, worked = clock_s(), cpu_s()
    work()
    wall_s, used_s = clock_s() - start, cpu_s() - worked
    if rest is not None:
        rest()
    return Turn(wall_s * 1e3, used_s * 1e3, (used_s if rest is None else cpu_s() - worked) * 1e3)
