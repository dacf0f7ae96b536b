"""What stands behind the person: a colour, a picture or a video that is played in a loop."""

from __future__ import annotations

from typing import Protocol

from livecut.colours import BGR
from livecut.errors import DeviceLost
from livecut.kernels.cpu.composite import fill
from livecut.kernels.cpu.geometry import Fit, fit
from livecut.protocols import Source
from livecut.types import Canvas, Pixels, Size

__all__ = ["Backdrop", "ColourBackdrop", "PictureBackdrop", "SourceBackdrop"]

# A video that lags is caught up with by at most this many pictures a frame; then its clock is set back.
_CATCH_UP = 4


class Backdrop(Protocol):
    """Another background, of the frame's size."""

    @property
    def still(self) -> bool:
        """True when the picture is always the same, so that its light is worked out once."""
        ...

    def picture(self, captured_ns: int) -> Pixels:
        """What stands behind a frame taken at this time; valid until the next call. Raises when it is lost."""
        ...

    def close(self) -> None:
        """Release what it holds. Idempotent."""
        ...


class ColourBackdrop:
    """One colour."""

    still = True

    def __init__(self, size: Size, colour: BGR) -> None:
        self._picture = Canvas.empty(size).bgr
        fill(self._picture, colour)

    def picture(self, captured_ns: int) -> Pixels:
        """The colour."""
        return self._picture

    def close(self) -> None:
        """Nothing is held."""


class PictureBackdrop:
    """A picture, fitted into the frame; bars are black."""

    still = True

    def __init__(self, size: Size, bgr: Pixels, mode: Fit = "cover") -> None:
        self._picture = Canvas.empty(size).bgr
        fit(bgr, self._picture, mode=mode)

    def picture(self, captured_ns: int) -> Pixels:
        """The picture."""
        return self._picture

    def close(self) -> None:
        """Nothing is held."""


class SourceBackdrop:
    """A source's pictures at their own pace, measured by the frames' times, not by how often it is asked.

    The source does the looping: that it ends is a loss like any other, and once lost it stays lost.
    """

    still = False

    def __init__(self, size: Size, source: Source, mode: Fit = "cover") -> None:
        self._source = source
        self._mode: Fit = mode
        self._picture = Canvas.empty(size).bgr
        self._start_ns: int | None = None
        self._shown = -1
        self._lost: DeviceLost | None = None
        self._closed = False

    def picture(self, captured_ns: int) -> Pixels:
        """The video's picture at this time. Raises `DeviceLost` when the video is."""
        if self._lost is not None:
            raise DeviceLost(self._lost.message, hint=self._lost.hint)
        if self._start_ns is None or captured_ns < self._start_ns:
            self._start_ns = captured_ns - self._ns(max(self._shown, 0))
        wanted = self._index(captured_ns - self._start_ns)
        if wanted - self._shown > _CATCH_UP:
            wanted = self._shown + _CATCH_UP if self._shown >= 0 else 0
            self._start_ns = captured_ns - self._ns(wanted)
        try:
            self._advance(wanted)
        except DeviceLost as error:
            self._lost = error
            raise
        return self._picture

    def close(self) -> None:
        """Close the source. Idempotent."""
        if not self._closed:
            self._closed = True
            self._source.close()

    def _ns(self, index: int) -> int:
        return round(index * 1e9 / self._source.fps)

    def _index(self, elapsed_ns: int) -> int:
        return int(elapsed_ns * self._source.fps / 1e9 + 1e-6)

    def _advance(self, wanted: int) -> None:
        frame = None
        while self._shown < wanted:
            frame = self._source.read()
            if frame is None:
                raise DeviceLost(f"the background {self._source.name} has ended", hint="choose one that can be looped")
            self._shown += 1
        if frame is not None:
            fit(frame.bgr, self._picture, mode=self._mode)
