"""The time of a file whose every frame is worked on: the file's own, whatever the wall says."""

from __future__ import annotations

import math
from typing import Final

from livecut.protocols import Timed

__all__ = ["FileClock"]

# A file whose times jump by days is damaged.
_LONGEST_S: Final = 3600.0


class FileClock:
    """Stamps a file's frames, at `file_fps` as it says, and counts the pictures that go out at `fps` for them.

    Stamping and counting may be done by two threads, each by one.
    """

    def __init__(self, file_fps: float, fps: float) -> None:
        self._file_fps, self._fps = file_fps, fps
        self._late = 0
        self._written = 0

    def captured_ns(self, count: int, source: object) -> int:
        """Of frame number `count`, just read from `source`, whose times count where it has some."""
        if isinstance(source, Timed):
            # By whole frames: times that only tremble leave every frame its picture.
            self._late += int(source.position_s * self._file_fps - count - self._late)
        return round((count + self._late) * 1e9 / self._file_fps)

    def after(self, captured_ns: int) -> int:
        """When a frame has stood for as long as one does, where none follows to say so."""
        return captured_ns + round(1e9 / self._file_fps)

    def times_until(self, end_ns: int) -> int:
        """How often to write the picture that stands until `end_ns`; it counts as written then."""
        # Whole nanoseconds are not to decide where it lies between two pictures.
        end = math.floor(end_ns * 1e-9 * self._fps + 0.5 + 1e-5)
        times = min(max(0, end - self._written), round(_LONGEST_S * self._fps))
        self._written = max(self._written, end)  # what was cut off is not made up for by the next ones
        return times
