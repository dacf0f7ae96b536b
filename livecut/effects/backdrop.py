"""What stands behind the person: a colour, a picture, a video that is played in a loop, another camera, a screen."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Final, Protocol

from livecut.colours import BGR
from livecut.errors import DeviceError, DeviceLost, LivecutError
from livecut.kernels.cpu.composite import fill
from livecut.kernels.cpu.geometry import Fit, fit
from livecut.protocols import Source, Timed
from livecut.types import Canvas, Frame, Pixels, Size

__all__ = [
    "Backdrop",
    "ColourBackdrop",
    "LiveBackdrop",
    "LiveFeed",
    "LostBackdrop",
    "PictureBackdrop",
    "SourceBackdrop",
    "closed_on_error",
]

_log = logging.getLogger(__name__)

# What a pause (a stall, a suspended machine) moves a video on by at most: so many pictures, or so long if that is more.
# Longer than what lies between two frames of an output, so that a video keeps its pace whatever its own rate.
_CATCH_UP: Final = 4
_PAUSE_NS: Final = 250_000_000
# WebM and Matroska round times to a millisecond; at the output's own rate that must not show pictures twice.
_EARLY_NS: Final = 1_000_000

_FIRST_S: Final = 10.0
_JOIN_S: Final = 2.0
_RETRY_S: Final = 1.0
_LOOK_S: Final = 0.2
_IDLE_S: Final = 8.0
"""Nobody asks for so long where the filter's own camera rests: this one must not go on filming."""


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


@contextlib.contextmanager
def closed_on_error(backdrop: Backdrop) -> Iterator[None]:
    """While what will hold it is being made: if that raises, nobody else can close it."""
    try:
        yield
    except BaseException:
        backdrop.close()
        raise


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
    """A source's pictures by its own times, measured by the frames' times, not by how often it is asked.

    The source does the looping: that it ends is a loss like any other, and once lost it stays lost. `what` tells one
    video from another, for `go_on_from`; None is like no other.
    """

    still = False

    def __init__(self, size: Size, source: Source, mode: Fit = "cover", *, what: Hashable = None) -> None:
        self._what = None if what is None else (what, size, mode)
        self._player = _Player(size, source, mode)
        self._closed = False

    def picture(self, captured_ns: int) -> Pixels:
        """The video's picture at this time. Raises `DeviceLost` when the video is."""
        return self._player.picture(captured_ns)

    def go_on_from(self, earlier: Backdrop) -> None:
        """Play on where the same video is, of the same size and fit; what is played here is left for that one to close.

        One that is lost is not gone on from: opened anew, it may be there again.
        """
        if not isinstance(earlier, SourceBackdrop) or self._what is None or self._what != earlier._what:
            return
        if not (self._closed or earlier._closed or earlier._player.lost):
            self._player, earlier._player = earlier._player, self._player

    def rest(self) -> None:
        """The next time has nothing to do with those before: the video goes on where it stands."""
        self._player.last_ns = None

    def close(self) -> None:
        """Close the source. Idempotent."""
        if not self._closed:
            self._closed = True
            self._player.source.close()


class _Player:
    """A source being played: how far it is, and the picture that stands there."""

    def __init__(self, size: Size, source: Source, mode: Fit) -> None:
        self.source = source
        self.last_ns: int | None = None
        self.lost: DeviceLost | None = None
        self._mode: Fit = mode
        self._picture = Canvas.empty(size).bgr
        self._timed = source if isinstance(source, Timed) else None
        self._count = 0
        self._at_ns = 0
        self._shown_ns: int | None = None
        # The picture after the one that stands there, and when it is due: only once read does it tell.
        self._ahead: tuple[Frame, int] | None = None

    def picture(self, captured_ns: int) -> Pixels:
        if self.lost is not None:
            raise DeviceLost(self.lost.message, hint=self.lost.hint)
        passed_ns = 0 if self.last_ns is None else max(0, captured_ns - self.last_ns)
        self.last_ns = captured_ns
        fps = self.source.fps
        passed_ns = min(passed_ns, max(_PAUSE_NS, round(_CATCH_UP * 1e9 / fps)))
        self._at_ns += passed_ns
        try:
            self._advance(max(_CATCH_UP, math.ceil(fps * passed_ns * 1e-9) + 1))
        except DeviceLost as error:
            self.lost = error
            raise
        except DeviceError as error:  # of a file that is gone, where its next round is opened
            self.lost = DeviceLost(error.message, hint=error.hint)
            raise self.lost from error
        return self._picture

    def _advance(self, most: int) -> None:
        """Show what is due now, for which at most so many pictures are read."""
        frame = None
        for _ in range(most):
            if self._shown_ns is not None and self._at_ns <= self._shown_ns:
                break
            upcoming = self._ahead = self._ahead or self._read()
            if self._shown_ns is None:
                self._at_ns = upcoming[1]
            elif upcoming[1] > self._at_ns + _EARLY_NS:
                break
            (frame, self._shown_ns), self._ahead = upcoming, None
        else:
            # More are due: times that lie closer together than the rate they are said to have are not run after.
            self._at_ns = min(self._at_ns, self._shown_ns or 0)
        if frame is not None:
            fit(frame.bgr, self._picture, mode=self._mode)

    def _read(self) -> tuple[Frame, int]:
        source = self.source
        frame = source.read()
        if frame is None:
            raise DeviceLost(f"the background {source.name} has ended", hint="choose one that can be looped")
        due_s = self._count / source.fps if self._timed is None else self._timed.position_s
        self._count += 1
        return frame, round(due_s * 1e9)


class LiveFeed:
    """The newest picture of a live source, read on a thread of its own: the filter never waits for another camera.

    Held by as many backdrops as show it (a plan and the one that follows it), at first by who made it, and ended by the
    last. The constructor waits for the first picture and raises `DeviceLost` when none comes. One that is lost later is
    opened again once a second, by `reopen` if there is one; with that it is also closed while nobody asks for pictures.
    """

    def __init__(
        self, source: Source, *, reopen: Callable[[], Source] | None = None, first_s: float = _FIRST_S
    ) -> None:
        self._source = source
        self._reopen = reopen
        self._frame: Frame | None = None
        self._lost: DeviceLost | None = None
        self._holders = 1
        self._lock = threading.Lock()
        self._first, self._stop = threading.Event(), threading.Event()
        self._asked = threading.Event()
        self._asked_s = math.inf
        """When a picture was asked for last; the first plan may take its time."""
        self._thread = threading.Thread(target=self._read, name="livecut-background", daemon=True)
        self._thread.start()
        self._first.wait(first_s)
        if self._frame is None:
            self.end()
            self.wait(_JOIN_S)  # whoever tries again must find the device closed
            raise self._lost or DeviceLost(f"the background {source.name} gives no picture", hint="choose another one")

    def newest(self) -> Frame:
        """What came last. Raises `DeviceLost` as long as it is lost."""
        self._asked_s = time.monotonic()
        self._asked.set()
        lost, frame = self._lost, self._frame  # the thread that reads changes them at any moment
        if lost is not None:
            raise DeviceLost(lost.message, hint=lost.hint)
        if frame is None or self._stop.is_set():
            raise DeviceLost(f"the background {self._source.name} is closed")
        return frame

    def hold(self) -> bool:
        """One more shows it. False when it has ended, or is lost for good: who wants it must open it anew."""
        with self._lock:
            is_lost = self._lost is not None and self._reopen is None
            if is_lost or self._stop.is_set() or not self._thread.is_alive():
                return False
            self._holders += 1
            return True

    def release(self) -> None:
        """One less; the last one ends it. Does not wait: what closes a camera may take seconds."""
        with self._lock:
            self._holders -= 1
            if self._holders <= 0:
                self._stop.set()

    def end(self) -> None:
        """End it, whoever holds it. Does not wait."""
        with self._lock:
            self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait until one that has ended has closed its source too, no longer than this; True when it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def ended(self) -> bool:
        """True once nobody holds it any more; its source may still be closing."""
        return self._stop.is_set()

    def _read(self) -> None:
        source: Source | None = self._source
        while source is not None:
            rests = self._read_on(source)
            source = self._opened_again(rests)

    def _opened_again(self, rests: bool) -> Source | None:
        if self._reopen is None or self._frame is None:  # of one that never gave anything the constructor tells
            return None
        wait_s = 0.0 if rests else _RETRY_S
        while rests and not self._stop.is_set():
            rests = not self._asked.wait(_LOOK_S)
        told = ""
        while not self._stop.wait(wait_s):
            wait_s = _RETRY_S
            try:
                return self._reopen()
            except LivecutError:
                continue
            except Exception as error:  # a thread that died of it would leave the background lost for good
                if told != str(error):
                    told = str(error)
                    _log.warning("the background %s cannot be opened again: %s", self._source.name, told)
        return None

    def _read_on(self, source: Source) -> bool:
        """Read until it ends; True where it was closed because nobody asks."""
        # The thread that reads closes, as everywhere.
        try:
            while not self._stop.is_set():
                frame = source.read()
                if frame is None:
                    raise DeviceLost(f"the background {source.name} has ended", hint="choose another one")
                self._frame, self._lost = frame, None
                self._first.set()
                if self._reopen is not None and time.monotonic() - self._asked_s > _IDLE_S:
                    self._asked.clear()
                    self._lost = DeviceLost(f"the background {source.name} is being opened again")
                    return True
        except DeviceLost as error:
            self._lost = error
        except Exception as error:  # whatever it is, an old picture must not stand there for ever
            self._lost = DeviceLost(f"the background {source.name} failed: {error or type(error).__name__}")
        finally:
            self._first.set()
            try:
                source.close()
            except Exception as error:
                _log.warning("the background %s was not closed: %s", source.name, error or type(error).__name__)
        return False


class LiveBackdrop:
    """What a live source shows now, fitted into the frame. Whoever makes it has held `feed`; it lets it go."""

    still = False

    def __init__(self, size: Size, feed: LiveFeed, mode: Fit = "cover") -> None:
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
