"""A still picture as a source: the same frame again and again, at a steady rate."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from livecut.sources.picture import read_picture
from livecut.types import Frame, Size

__all__ = ["ImageSource"]

_log = logging.getLogger(__name__)

LONGEST_PX: Final = 4096
"""A larger picture is reduced once at the start: no sink shows more, and every frame would pay for it."""


class ImageSource:
    """Repeats one picture without end; every frame shares the same pixels, which nobody writes to.

    `fps` is nominal: `read` never waits (see `Paced`). Raises `ImageError` when the file is no picture.
    """

    live: Final = False
    still: Final = True
    """On its way into files it is one frame."""

    def __init__(
        self, path: str | Path, *, fps: float | None = None, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._bgr = read_picture(path, longest_px=LONGEST_PX)
        self.size: Final = Size(self._bgr.shape[1], self._bgr.shape[0])
        self.fps: Final = fps or 30.0
        self.name: Final = f"picture {Path(path).name}"
        self._clock = clock
        self._index = 0
        _log.info("%s: %s", self.name, self.size)

    @property
    def position_s(self) -> float:
        """When the frame read last is due, counted from the first."""
        return max(0, self._index - 1) / self.fps

    def read(self) -> Frame | None:
        """The picture again, with the next index."""
        frame = Frame(self._bgr, self._index, self._clock())
        self._index += 1
        return frame

    def close(self) -> None:
        """Nothing to release."""
