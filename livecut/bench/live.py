"""Runs the live pipeline for a few seconds: how old pictures are when they leave, and what it takes of memory."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Final

from livecut.app.session import Session
from livecut.bench.output import I420Sink
from livecut.errors import LivecutError
from livecut.settings import Settings
from livecut.types import Size

__all__ = ["live_ages"]

_SETTLE_S: Final = 1.0
"""Ages of the first pictures are those of frames that waited for the plan."""
_START_S: Final = 900.0
"""For kernels to compile on a busy machine: it says nothing about the pipeline."""
_FIRST_S: Final = 30.0
"""For the first picture of a plan that is there."""
_LOOK_S: Final = 0.02


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # Nobody sees a privacy card here, and what takes its time was announced.
    log = logging.getLogger("livecut.app.session")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


@_quiet()
def live_ages(
    settings: Settings,
    size: Size,
    seconds: float,
    *,
    open_session: Callable[..., Session] = Session,
    clock_s: Callable[[], float] = time.monotonic,
) -> list[float]:
    """Ages in milliseconds of all pictures of `seconds`, repeats counted, once the pipeline has settled.

    Raises what the session raises, `LivecutError` when no filtered picture comes.
    """
    sink = I420Sink(size, colour=settings.effect.cutout.colour)
    session = open_session(settings, extra_sinks=(sink,))
    session.start()
    try:
        begun = ready = clock_s()
        ended = False
        while not sink.ages_ms and not ended and clock_s() < min(begun + _START_S, ready + _FIRST_S):
            ended = session.join(_LOOK_S)
            ready = clock_s() if session.is_starting else ready
        if not sink.ages_ms:
            late = f"it still prepares after {_START_S:g} s" if session.is_starting else "none came of its plan"
            why = session.status().last_fault or ("it ended" if ended else late)
            raise LivecutError(f"the live pipeline gave no picture: {why}", hint="livecut doctor")
        session.join(_SETTLE_S)
        before = len(sink.ages_ms)
        session.join(seconds)
        return sink.ages_ms[before:]
    finally:
        session.stop()
