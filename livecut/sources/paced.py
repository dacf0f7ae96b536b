"""Release the frames of a file at their own rate, as if it were a camera."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from livecut.protocols import Source, Timed
from livecut.types import Frame, Size

__all__ = ["Paced"]

LATE_S: Final = 1.0
"""Further behind than this (a suspended machine, a slow disk), the frame in hand becomes the new start."""


class Paced:
    """Wraps a source that is not live: `read` returns each frame when it is due, stamped with that moment.

    Frames that are late come at once; whoever reads decides what to drop. `wait` sleeps for a number of seconds:
    give `Event.wait` of a stop event and a long gap between two frames does not hold up the end.
    """

    def __init__(
        self,
        source: Source,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._source = source
        self._clock = clock
        self._wait = wait
        self._start_ns: int | None = None

    @property
    def name(self) -> str:
        """The wrapped source's."""
        return self._source.name

    @property
    def size(self) -> Size:
        """The wrapped source's."""
        return self._source.size

    @property
    def fps(self) -> float:
        """The wrapped source's."""
        return self._source.fps

    @property
    def live(self) -> bool:
        """True: from here on frames come at their own pace."""
        return True

    def read(self) -> Frame | None:
        """The next frame when it is due; None at the end."""
        frame = self._source.read()
        if frame is None:
            return None
        position_ns = round(self._position_s(frame) * 1e9)
        now = self._clock()
        if self._start_ns is None:
            self._start_ns = now - position_ns
        early_s = (self._start_ns + position_ns - now) * 1e-9
        if early_s > 0:
            self._wait(early_s)
            now = self._clock()
        elif early_s < -LATE_S:
            self._start_ns = now - position_ns
        return replace(frame, captured_ns=now)

    def close(self) -> None:
        """Close the wrapped source."""
        self._source.close()

    def _position_s(self, frame: Frame) -> float:
        if isinstance(self._source, Timed):
            return self._source.position_s
        return frame.index / self._source.fps
