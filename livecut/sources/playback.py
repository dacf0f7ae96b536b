"""An open video as a source of frames, once or in a loop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Final

from livecut.errors import DeviceLost
from livecut.sources.video import Decoded, Video
from livecut.types import Frame

__all__ = ["Playback"]

_log = logging.getLogger(__name__)


class Playback:
    """Every frame of `video`, as fast as it is read; wrap it in `Paced` for its own rate.

    It is live when the video is an endless network stream; such a one never ends well, only by `DeviceLost`. With
    `loop` any other starts again at its end. Owns the video.
    """

    def __init__(
        self, video: Video, *, name: str, loop: bool = False, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.name: Final = name
        self.size: Final = video.size
        self.fps: Final = video.fps
        self.live: Final = video.endless
        self.duration_s: Final = video.duration_s
        self._video = video
        self._loop = loop
        self._clock = clock
        self._pictures: Iterator[Decoded] = video.pictures()
        self._index = 0
        self._round_start_s = 0.0
        self._position_s = 0.0
        _log.info("%s: %s at %g fps", self.name, self.size, self.fps)

    @property
    def position_s(self) -> float:
        """Time of the frame read last, counted from the first; goes on counting when the video starts again."""
        return self._position_s

    def read(self) -> Frame | None:
        """The next frame; None at the end."""
        picture = next(self._pictures, None)
        if picture is None:
            if self.live:
                raise DeviceLost(f"{self.name} ended")
            if not self._loop:
                return None
            self._round_start_s = self._position_s + 1.0 / self.fps
            self._pictures = self._video.pictures()
            picture = next(self._pictures, None)
            if picture is None:
                raise DeviceLost(f"{self.name} can no longer be read")
        self._position_s = self._round_start_s + picture.time_s
        frame = Frame(picture.bgr, self._index, self._clock())
        self._index += 1
        return frame

    def close(self) -> None:
        """Close the video. Idempotent."""
        self._pictures = iter(())
        self._loop = False
        self._video.close()
