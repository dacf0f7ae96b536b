"""What stands behind the person: a colour, a picture, a video that is played in a loop, another camera, a screen."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Final, Protocol

from livecut.colours import BGR
from livecut.errors import DeviceLost, LivecutError
from livecut.kernels.cpu.composite import fill
from livecut.kernels.cpu.geometry import Fit, fit
from livecut.protocols import Source
from livecut.types import Canvas, Frame, Pixels, Size

__all__ = [
    "Backdrop",
    "ColourBackdrop",
    "LiveBackdrop",
    "LiveFeed",
    "LostBackdrop",
    "PictureBackdrop",
    "SourceBackdrop",
]

# A video that lags is caught up with by at most this many pictures a frame; then its clock is set back.
_CATCH_UP = 4

_FIRST_S: Final = 10.0
_JOIN_S: Final = 2.0
_RETRY_S: Final = 1.0


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


class LostBackdrop:
    """A background that could not be opened: lost from the beginning."""

    still = False

    def __init__(self, error: LivecutError) -> None:
        self._error = error

    def picture(self, captured_ns: int) -> Pixels:
        """Raises `DeviceLost`."""
        raise DeviceLost(self._error.message, hint=self._error.hint)

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


class LiveFeed:
    """The newest picture of a live source, read on a thread of its own: the filter never waits for another camera.

    Held by as many backdrops as show it (a plan and the one that follows it), and closed by the last. The constructor
    waits for the first picture and raises `DeviceLost` when none comes. One that is lost later is opened again once a
    second, by `reopen` if there is one.
    """

    def __init__(
        self, source: Source, *, reopen: Callable[[], Source] | None = None, first_s: float = _FIRST_S
    ) -> None:
        self._source = source
        self._reopen = reopen
        self._frame: Frame | None = None
        self._lost: DeviceLost | None = None
        self._holders = 0
        self._lock = threading.Lock()
        self._first, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._read, name="livecut-background", daemon=True)
        self._thread.start()
        self._first.wait(first_s)
        if self._frame is None:
            self._stop.set()
            raise self._lost or DeviceLost(f"the background {source.name} gives no picture", hint="choose another one")

    @property
    def ended(self) -> bool:
        """True when nobody holds it any more, or it is lost for good: who wants it must open it anew."""
        return self._stop.is_set() or (self._lost is not None and self._reopen is None)

    def newest(self) -> Frame:
        """What came last. Raises `DeviceLost` as long as it is lost."""
        if self._lost is not None:
            raise DeviceLost(self._lost.message, hint=self._lost.hint)
        if self._frame is None or self._stop.is_set():
            raise DeviceLost(f"the background {self._source.name} is closed")
        return self._frame

    def hold(self) -> None:
        """One more shows it."""
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        """One less; the last one ends it."""
        with self._lock:
            self._holders -= 1
            if self._holders > 0:
                return
        self._stop.set()
        self._thread.join(_JOIN_S)

    def _read(self) -> None:
        source: Source | None = self._source
        while source is not None:
            self._read_on(source)
            source = self._opened_again()

    def _opened_again(self) -> Source | None:
        if self._reopen is None or self._frame is None:  # of one that never gave anything the constructor tells
            return None
        while not self._stop.wait(_RETRY_S):
            with contextlib.suppress(LivecutError):
                return self._reopen()
        return None

    def _read_on(self, source: Source) -> None:
        # The thread that reads closes, as everywhere.
        try:
            while not self._stop.is_set():
                frame = source.read()
                if frame is None:
                    raise DeviceLost(f"the background {source.name} has ended", hint="choose another one")
                self._frame, self._lost = frame, None
                self._first.set()
        except DeviceLost as error:
            self._lost = error
        except Exception as error:  # whatever it is, an old picture must not stand there for ever
            self._lost = DeviceLost(f"the background {source.name} failed: {error or type(error).__name__}")
        finally:
            self._first.set()
            source.close()


class LiveBackdrop:
    """What a live source shows now, fitted into the frame."""

    still = False

    def __init__(self, size: Size, feed: LiveFeed, mode: Fit = "cover") -> None:
        feed.hold()
        self._feed: LiveFeed | None = feed
        self._mode: Fit = mode
        self._picture = Canvas.empty(size).bgr
        self._fitted: Frame | None = None

    def picture(self, captured_ns: int) -> Pixels:
        """The source's newest picture. Raises `DeviceLost` when the source is lost."""
        if self._feed is None:
            raise ValueError("the background is closed")
        frame = self._feed.newest()
        if frame is not self._fitted:
            fit(frame.bgr, self._picture, mode=self._mode)
            self._fitted = frame
        return self._picture

    def close(self) -> None:
        """Let the source go. Idempotent."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.release()
