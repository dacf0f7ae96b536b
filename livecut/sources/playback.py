"""An open video as a source of frames, once or in a loop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.kernels.cpu.seats import Seat
from livecut.sources.video import Decoded, Video
from livecut.types import Frame

__all__ = ["Playback"]

_log = logging.getLogger(__name__)

_PREPARED_S: Final = 2.0
"""So long before the end the next round is opened: a busy machine needs a while, and an open video takes memory."""


class Playback:
    """Every frame of `video`, as fast as it is read; wrap it in `Paced` for its own rate.

    It is live when the video is an endless network stream; such a one never ends well, only by `DeviceLost`. With
    `loop` any other starts again at its end; with `again`, which opens the video once more, without a wait: that is
    called on another thread shortly before the end. Owns the video.
    """

    def __init__(
        self,
        video: Video,
        *,
        name: str,
        loop: bool = False,
        again: Callable[[], Video] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.name: Final = name
        self.size: Final = video.size
        self.fps: Final = video.fps
        self.live: Final = video.endless
        self.duration_s: Final = video.duration_s
        self._video = video
        self.has_sound = video.has_sound
        """Whether there is sound beside the pictures."""
        self._loop = loop
        self._again = again
        self._next: _Opening | None = None
        self._round_s = video.duration_s
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
            picture = self._first_again()
        self._prepare(picture.time_s)
        self._position_s = self._round_start_s + picture.time_s
        frame = Frame(picture.bgr, self._index, self._clock())
        self._index += 1
        return frame

    def close(self) -> None:
        """Close the video. Idempotent."""
        self._pictures = iter(())
        self._loop = False
        if self._next is not None:
            self._next.drop()
            self._next = None
        self._video.close()

    def _prepare(self, time_s: float) -> None:
        """Begin to open the next round when this one will soon be over."""
        if not self._loop or self._again is None or self._next is not None or self._round_s is None:
            return
        if time_s >= self._round_s - _PREPARED_S:
            self._next = _Opening(self._again)

    def _first_again(self) -> Decoded:
        """The first picture of the next round; how long this one was is now known."""
        self._round_s = self._position_s - self._round_start_s
        self._round_start_s = self._position_s + 1.0 / self.fps
        opening, self._next = self._next, None
        video = opening.taken() if opening is not None else None
        if video is not None:
            self._video.close()
            self._video = video
        # What could not be opened there says here why.
        self._pictures = self._video.pictures()
        picture = next(self._pictures, None)
        if picture is None:
            raise DeviceLost(f"{self.name} can no longer be read")
        return picture


class _Opening:
    """A video that is opened on a thread of its own."""

    def __init__(self, opened: Callable[[], Video]) -> None:
        self._video: Video | None = None
        self._is_dropped = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._open, args=(opened,), name="livecut-loop", daemon=True)
        self._thread.start()

    def taken(self) -> Video | None:
        """It, which is the caller's from here on, once it is open; None when it could not be opened."""
        self._thread.join()
        return self._video

    def drop(self) -> None:
        """It is not wanted any more: closed now, or once it is open."""
        with self._lock:
            self._is_dropped = True
            video = self._video
        if video is not None:
            video.close()

    def _open(self, opened: Callable[[], Video]) -> None:
        # Begun by who renders, it and the decoder's threads that it begins would stay on the renderer's core.
        Seat.leave()
        try:
            video = opened()
        except DeviceUnavailable:  # the loop opens it itself then, and raises
            return
        with self._lock:
            if not self._is_dropped:
                self._video = video
                return
        video.close()
