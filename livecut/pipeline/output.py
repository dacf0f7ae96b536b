"""The pipeline's end, on the thread that called `run`: what is shown, when, and to whom."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from livecut.errors import LivecutError
from livecut.pipeline.demand import Demand
from livecut.pipeline.file_clock import FileClock
from livecut.pipeline.meter import Meter
from livecut.pipeline.pacer import Pacer
from livecut.pipeline.slot import Closed, Slot
from livecut.pipeline.timing import Timing
from livecut.protocols import Sink, Watchable
from livecut.types import CARD_INDEX, Canvas, Picture

__all__ = ["Output", "Rendered"]

log = logging.getLogger(__name__)

# After a suspended machine wakes up: a recording is not filled with hours of one picture.
_MOST_REPEATS = 600
_TOLD_S = 0.1
_RESTING_S = 0.2
"""Between two cards while the camera rests: whoever opens the virtual camera waits that long for the first."""
_NEVER_NS = 1 << 63


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the plan painted of a frame, or the card in its place."""

    canvas: Canvas
    index: int
    captured_ns: int
    shown_ns: int
    """When what is shown was captured: with a matte's own frame, before the frame it stands for."""
    era: int


class Output:
    """Chooses for each sink and tap whether it gets the picture or the card, and writes at the output's own rate.

    Used by one thread; `privacy`, `begun`, `wanted`, `protect` and `era` are the other threads'.
    """

    def __init__(
        self,
        *,
        pictures: Slot[Rendered],
        free: deque[Canvas],
        card: Canvas,
        timing: Timing,
        meter: Meter,
        file_clock: FileClock,
        stop: threading.Event,
        taps: Sequence[Sink] = (),
        on_demand: bool = False,
    ) -> None:
        """`free` gets the memory of pictures that are shown no more. `on_demand`: ask the sinks who watches them."""
        self._pictures, self._free = pictures, free
        self.card, self._max_age_ns = card, timing.max_age_ns
        self._timing, self._meter, self._file_clock = timing, meter, file_clock
        self._stop = stop
        self._taps = tuple(taps)
        self._demand = Demand(time.monotonic()) if on_demand and not timing.lossless else None
        self._sinks: list[Sink] = []
        self._owed = 0
        self._came_old = False
        self._written_s = 0.0
        self._awake_ns = 0
        """Nothing of before is shown: pictures of before a rest are of another time."""
        self._told: set[str] = set()
        self.era = 0
        """Nothing painted before it is shown."""
        self.has_plan = False
        """Until then no recording is begun."""
        self.lost_recording: Exception | None = None
        """One that died while others went on, or could not be finished."""
        self.privacy = threading.Event()
        self.begun = threading.Event()
        """Set when the first card is at the sinks, or none is needed."""
        self.wanted = threading.Event()
        """Set while somebody watches, or it cannot be told, and until the first look."""
        self.wanted.set()

    def protect(self, card: Canvas, max_age_ns: int) -> None:
        """From the next picture on show this card where one is shown, and in place of pictures older than this."""
        self.card, self._max_age_ns = card, max_age_ns

    def run(self, sinks: Sequence[Sink]) -> None:
        """Write to these sinks until the pictures end (`Closed`) or `stop`; raises what the last of them raised."""
        self._sinks = list(sinks)
        if self._timing.lossless:
            self.begun.set()
            self._write_all()
        else:
            self._write_paced()

    def close(self) -> None:
        """Finish and close the sinks that are left."""
        short_s = self._owed / self._timing.fps
        if short_s >= _TOLD_S and any(map(_keeps_time, self._sinks)):
            log.warning("recordings are too short by %.1f s: there was no time to write all pictures", short_s)
        for sink in self._sinks:
            self._close_sink(sink)

    def _write_paced(self) -> None:
        clock = time.monotonic
        pacer = Pacer(self._timing.fps, clock())
        last: Rendered | None = None
        self._write(None, new=False)
        self.begun.set()
        while not self._stop.wait(max(0.0, pacer.opens_s - clock())):
            fresh = self._pictures.take(0.0)
            waited = fresh is None
            if waited:
                fresh = self._pictures.take(max(0.0, pacer.closes_s - clock()))
            self._look_who_watches(clock())
            if fresh is not None:
                self.release(last)
                last = fresh
                self._tell_age(fresh)
            elif not self.wanted.is_set() and clock() - self._written_s < _RESTING_S:
                pacer.written(clock(), arrived=False)
                continue
            began_s = clock()
            self._write(last, new=fresh is not None)
            self._written_s = written_s = clock()
            missed = pacer.written(written_s, arrived=waited and fresh is not None)
            owed = self._owed + min(missed, _MOST_REPEATS)
            # A recording counts pictures: without those of the windows a stall swallowed it would play too fast. They
            # get no more time than the new one took, or a slow recording would owe ever more and hold up the others.
            self._owed = self._fill(last, owed, until_s=written_s + max(pacer.period_s, written_s - began_s))

    def _write_all(self) -> None:
        """Every picture for as long as it stands: until the next one's time, the last one for a frame's."""
        held: Rendered | None = None
        try:
            while (rendered := self._pictures.take()) is not None:
                if held is not None:
                    self._write(held, new=True, times=self._file_clock.times_until(rendered.captured_ns))
                    self.release(held)
                held = rendered
        except Closed:
            if held is not None:
                end_ns = self._file_clock.after(held.captured_ns)
                self._write(held, new=True, times=self._file_clock.times_until(end_ns))

    def _look_who_watches(self, now_s: float) -> None:
        demand = self._demand
        if demand is None or not demand.is_due(now_s):
            return
        watched = any(self._ask(sink) is not False for sink in self._sinks)
        # A tap keeps nothing going but where it says so: a panel that somebody looks at.
        watched = watched or any(self._ask(tap) for tap in self._taps)
        if demand.saw(watched, now_s) == self.wanted.is_set():
            return
        if demand.is_there:
            self._awake_ns = time.monotonic_ns()
            self.wanted.set()
        else:
            self._awake_ns = _NEVER_NS
            self.wanted.clear()

    def _ask(self, sink: Sink) -> bool | None:
        """Whether somebody looks at what it is given; None where it cannot tell: a window, a recording, a plug-in's."""
        if not isinstance(sink, Watchable):
            return None
        try:
            return sink.is_watched()
        except Exception as error:  # its own affair: the others go on
            if sink.name not in self._told:
                self._told.add(sink.name)
                expected = isinstance(error, LivecutError)
                log.warning("%s cannot tell who looks at it: %s", sink.name, error, exc_info=not expected)
            return None

    def release(self, rendered: Rendered | None) -> None:
        """Let its memory be painted on again, unless it is the card's, which must stay as it is. For any thread."""
        if rendered is not None and rendered.index != CARD_INDEX:
            self._free.append(rendered.canvas)

    def _fill(self, rendered: Rendered | None, owed: int, *, until_s: float) -> int:
        """Write what recordings have missed, as far as the time goes; how many pictures they still miss."""
        while owed and time.monotonic() < until_s and not self._stop.is_set():
            for sink in filter(_keeps_time, tuple(self._sinks)):
                self._write_one(sink, self._choose(rendered))
            owed -= 1
        return owed

    def _write(self, rendered: Rendered | None, *, new: bool, times: int = 1) -> None:
        for repeat in range(times):
            if repeat and self._stop.is_set():
                return
            # Chosen for each: while one is written, the card may have been asked for.
            shown = [self._write_one(sink, self._choose(rendered)) for sink in tuple(self._sinks)]
            for tap in self._taps:
                tap.write(self._choose(rendered))
            picture = shown[-1] if shown else self._choose(rendered)
            fresh = new and repeat == 0 and not picture.is_card
            age_ns = None if self._timing.lossless else time.monotonic_ns() - picture.captured_ns
            self._meter.picture_out(age_ns, new=fresh, card=picture.is_card)

    def _write_one(self, sink: Sink, picture: Picture) -> Picture:
        """What it was given."""
        if not self.has_plan and _keeps_time(sink):
            return picture  # a run that fails at its start must not put the card in an earlier recording's place
        try:
            with self._meter.stage("write"):
                sink.write(picture)
        except Exception as error:  # one output that dies, of whatever, leaves the others going
            self._sinks.remove(sink)
            self._close_sink(sink)
            self._meter.sink_ended(sink.name)
            if not self._sinks:
                raise
            if self.lost_recording is None and _keeps_time(sink):
                self.lost_recording = error
            expected = isinstance(error, LivecutError)
            text = str(error) if expected else f"{sink.name} failed: {error or type(error).__name__}"
            log.warning("%s; the other outputs go on", text, exc_info=not expected)
        return picture

    def _close_sink(self, sink: Sink) -> None:
        try:
            sink.close()
        except Exception as error:  # the recordings beside it must still be finished
            expected = isinstance(error, LivecutError)
            log.warning("%s could not be closed: %s", sink.name, error, exc_info=not expected)
            if self.lost_recording is None and _keeps_time(sink):
                self.lost_recording = error

    def _choose(self, rendered: Rendered | None) -> Picture:
        now_ns = time.monotonic_ns()
        hidden = (
            rendered is None
            or rendered.index == CARD_INDEX
            or rendered.era < self.era
            or rendered.shown_ns < self._awake_ns
            or self.privacy.is_set()
            or self._is_old(rendered, now_ns)
        )
        if rendered is None or hidden:
            card = self.card
            return Picture(card.bgr, card.alpha, CARD_INDEX, now_ns)
        canvas = rendered.canvas
        return Picture(
            canvas.bgr, canvas.alpha, rendered.index, rendered.captured_ns, canvas.planar, depth=canvas.depth
        )

    def _is_old(self, rendered: Rendered, now_ns: int) -> bool:
        """Older than pictures may be, or of a clock that is not this machine's: then nobody knows how old."""
        return not (self._timing.lossless or 0 <= now_ns - rendered.shown_ns <= self._max_age_ns)

    def _tell_age(self, fresh: Rendered) -> None:
        """Say why the card is shown where pictures, not a single one, are too old as soon as they are made."""
        if fresh.index == CARD_INDEX:
            return
        came_old, self._came_old = self._came_old, self._is_old(fresh, time.monotonic_ns())
        if came_old and self._came_old:
            bound = (
                f"pictures are older than {self._max_age_ns / 1e6:g} ms (privacy.max_matte_age_ms) when they are made"
            )
            if self._meter.fault(bound):
                log.warning("the privacy card is shown: %s", bound)


def _keeps_time(sink: Sink) -> bool:
    """True for a recording, to which pictures count as time."""
    return bool(getattr(sink, "keeps_time", False))
