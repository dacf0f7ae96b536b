"""Runs the live pipeline for a few seconds: how old pictures are when they leave, and what it takes of memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from livecut.app.session import Session
from livecut.bench.output import I420Sink
from livecut.errors import LivecutError
from livecut.settings import Settings
from livecut.types import Size

__all__ = ["live_ages"]

_SETTLE_S: Final = 1.0
"""Ages of the first pictures are those of frames that waited for the plan."""
_START_S: Final = 120.0
_LOOK_S: Final = 0.02


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
    # Nobody sees a privacy card here, and what takes its time was announced.
    logging.getLogger("livecut.app.session").setLevel(logging.ERROR)
    sink = I420Sink(size, colour=settings.effect.cutout.colour)
    session = open_session(settings, extra_sinks=(sink,))
    session.start()
    try:
        end = clock_s() + _START_S
        ended = False
        while not sink.ages_ms and not ended and clock_s() < end:
            ended = session.join(_LOOK_S)
        if not sink.ages_ms:
            why = session.status().last_fault or ("it ended" if ended else f"it still prepares after {_START_S:g} s")
            raise LivecutError(f"the live pipeline gave no picture: {why}", hint="livecut doctor")
        session.join(_SETTLE_S)
        before = len(sink.ages_ms)
        session.join(seconds)
        return sink.ages_ms[before:]
    finally:
        session.stop()
