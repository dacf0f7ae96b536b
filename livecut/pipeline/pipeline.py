"""The running filter: capture, process and output, each on its own thread, joined by one-frame slots."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from livecut.errors import DeviceLost, LivecutError
from livecut.kernels.cpu.seats import Seat
from livecut.pipeline.file_clock import FileClock
from livecut.pipeline.handover import Handover
from livecut.pipeline.meter import Meter
from livecut.pipeline.pacer import Pacer
from livecut.pipeline.plan import AnyPlan
from livecut.pipeline.slot import Closed, Slot
from livecut.pipeline.timing import Timing
from livecut.protocols import Sink, Source
from livecut.types import CARD_INDEX, Canvas, Frame, Picture, Size

__all__ = ["Pipeline"]

log = logging.getLogger(__name__)

_RETRY_S = 1.0
_JOIN_S = 0.7
_POLL_S = 0.1
# After a suspended machine wakes up: a recording is not filled with hours of one picture.
_MOST_REPEATS = 600
_TOLD_S = 0.1
# A camera that is lost again so soon after it came back is in the same trouble: it was said already.
_SETTLED_S = 15.0


@dataclass(frozen=True, slots=True)
class _Rendered:
    canvas: Canvas
    index: int
    captured_ns: int
    shown_ns: int
    """When what is shown was captured: with a matte's own frame, before the frame it stands for."""
    era: int


class Pipeline:
    """Source → plan → sinks. Only the capture thread touches the source, only the process thread the plan, only the
    thread that calls `run` the sinks; each closes what it owns.

    Fails closed: before the first plan, when a plan raises, when pictures grow older than `timing.max_age_ns` (or as
    `protect` says), after a `swap` that hides more and while `privacy` is on, the sinks get the card. A sink that keeps
    time begins with the first plan; losing one is the run's error when all else has ended well.
    """

    def __init__(
        self,
        *,
        source: Source,
        open_sinks: Callable[[], Sequence[Sink]],
        card: Canvas,
        timing: Timing,
        meter: Meter,
        taps: Sequence[Sink] = (),
        reopen: Callable[[], Source] | None = None,
        frame_limit: int | None = None,
    ) -> None:
        """Nothing is opened or started yet.

        `open_sinks` is called on the output's thread. `taps` see every picture too, but keep no run alive. `reopen`
        opens a lost camera again (None: its loss ends the run). `frame_limit` ends the source after so many frames.
        """
        self._source = source
        self._open_sinks = open_sinks
        self._card = card
        self._timing = timing
        self._max_age_ns = timing.max_age_ns
        self._meter = meter
        self._taps = tuple(taps)
        self._sinks: list[Sink] = []
        self._reopen = reopen
        self._frame_limit = frame_limit
        self._frames: Slot[Frame] = Slot(lossless=timing.lossless)
        self._pictures: Slot[_Rendered] = Slot(lossless=timing.lossless)
        self._plans = Handover()
        self._era = self._painted_in = 0
        """Swaps so far that hid more: nothing painted before the last is shown. And those before the present plan."""
        self._free: deque[Canvas] = deque()
        self._file_clock = FileClock(timing.source_fps or timing.fps, timing.fps)
        self._owed = 0
        self._stop = threading.Event()
        self._source_changed = threading.Event()
        self._back_s = -math.inf
        self._first_plan = threading.Event()
        self._has_plan = False
        self._error: BaseException | None = None
        self._lost_recording: Exception | None = None
        self._came_old = False
        self._error_lock = threading.Lock()
        self.frame_size: Size = source.size
        """Of the last frame, as the source gave it."""
        self.privacy = threading.Event()
        """While set, the sinks get the card."""
        self.begun = threading.Event()
        """Set when the first card is at the output, or none is needed: what takes long can begin."""

    def swap(self, plan: AnyPlan, *, hides_more: bool = False) -> None:
        """Use this plan from the next frame on; the one before is closed by the process thread.

        `hides_more`: nothing that an earlier plan painted is shown any more, but the card until this one has painted.
        """
        self._era += hides_more
        self._plans.offer(plan, self._era)

    def protect(self, card: Canvas, max_age_ns: int) -> None:
        """From the next picture on show this card where one is shown, and in place of pictures older than this."""
        self._card, self._max_age_ns = card, max_age_ns

    def discard(self) -> None:
        """Close the source of a pipeline that is not going to run."""
        self._source.close()
        self._plans.close()

    def stop(self) -> None:
        """Ask all threads to end. Safe in a signal handler's thread and more than once."""
        self._stop.set()
        self.begun.set()
        self._first_plan.set()
        self._frames.close(discard=True)
        self._pictures.close(discard=True)

    def fail(self, error: BaseException) -> None:
        """End the run with this error; the first one wins."""
        self._note(error)
        self.stop()

    def _note(self, error: BaseException) -> None:
        with self._error_lock:
            if self._error is None:
                self._error = error

    def run(self) -> None:
        """Run until the source ends, `stop` is called or something fails; the first failure is raised here."""
        threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"livecut-{name}", daemon=True)
            for name, work in (("capture", self._capture), ("process", self._process))
        ]
        try:
            self._sinks = list(self._open_sinks())
        except BaseException:
            self._source.close()
            self._plans.close()
            raise
        for thread in threads:
            thread.start()
        try:
            self._output()
        except Closed:
            pass
        except BaseException as error:
            self.fail(error)
        finally:
            self.stop()
            short_s = self._owed / self._timing.fps
            if short_s >= _TOLD_S and any(map(_keeps_time, self._sinks)):
                log.warning("recordings are too short by %.1f s: there was no time to write all pictures", short_s)
            for sink in self._sinks:
                self._close_sink(sink)
            self._join(threads)
        if self._error is not None:
            raise self._error
        if self._lost_recording is not None:
            raise self._lost_recording

    def _join(self, threads: Sequence[threading.Thread]) -> None:
        deadline = time.monotonic() + _JOIN_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                log.warning("%s did not end in time and is left behind", thread.name)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Closed:
            pass
        except BaseException as error:
            self.fail(error)

    # -- capture ------------------------------------------------------------------------------------------------

    def _capture(self) -> None:
        source: Source | None = self._source
        count = 0
        try:
            if self._timing.hold:
                self._first_plan.wait()
            while source is not None and not self._stop.is_set() and count != self._frame_limit:
                try:
                    frame = source.read()
                except DeviceLost as error:
                    if self._reopen is None:
                        if not self._timing.lossless:
                            raise
                        self._note(error)  # what was read until then is still made and written
                        break
                    source.close()
                    source = self._recover(error)
                    continue
                if frame is None:
                    break
                self._meter.frame_in()
                self.frame_size = frame.size
                # Numbered here, so that a camera that came back goes on where it was lost.
                captured_ns = frame.captured_ns
                if self._timing.lossless:
                    # Not the clock's, or what moves by it (a background video) would race.
                    captured_ns = self._file_clock.captured_ns(count, source)
                self._frames.put(Frame(frame.bgr, count, captured_ns))
                count += 1
        finally:
            if source is not None:
                source.close()
            self._frames.close()

    def _recover(self, error: DeviceLost) -> Source | None:
        assert self._reopen is not None
        is_news = time.monotonic() - self._back_s > _SETTLED_S
        if is_news:
            log.warning("%s; the privacy card is shown until it is back", error)
        while not self._stop.wait(_RETRY_S):
            try:
                source = self._reopen()
            except Exception as failure:  # a driver's or a plug-in's own kind, too: it may work the next time
                if not isinstance(failure, LivecutError):
                    log.info("cannot be opened again yet: %s", failure, exc_info=True)
                continue
            log.log(logging.WARNING if is_news else logging.INFO, "%s is back", source.name)
            self._back_s = time.monotonic()
            self._source_changed.set()
            return source
        return None

    # -- process ------------------------------------------------------------------------------------------------

    def _process(self) -> None:
        plan: AnyPlan | None = None
        seat = Seat()
        if not self._timing.lossless:  # there is no rest between the frames of a file
            seat.take()
        try:
            while not self._stop.is_set():
                plan = self._next_plan(plan)
                if plan is None and self._timing.lossless:
                    continue
                frame = self._frames.take(_POLL_S)
                self._meter.set_dropped(self._frames.dropped + self._pictures.dropped)
                if frame is None or plan is None:
                    continue
                if self._source_changed.is_set():
                    self._source_changed.clear()
                    plan.reset()
                rendered = self._render(plan, frame)
                seat.settle(plan)
                self._release(self._pictures.put(rendered))
        finally:
            if plan is not None:
                plan.close()
            self._plans.close()
            self._pictures.close()
            seat.give_back()

    def _next_plan(self, plan: AnyPlan | None) -> AnyPlan | None:
        offered = self._plans.take(_POLL_S if plan is None else 0.0)
        if offered is None:
            return plan
        taken, self._painted_in = offered
        if plan is not None:
            for step in (partial(taken.go_on_from, plan), plan.close):
                try:
                    step()
                except Exception:  # the new plan is sound, and stands for itself
                    log.warning("the plan before could not be taken over whole", exc_info=True)
        self._free.clear()
        self._has_plan = True
        self._first_plan.set()
        return taken

    def _render(self, plan: AnyPlan, frame: Frame) -> _Rendered:
        canvas = self._free.popleft() if self._free else plan.new_canvas()
        if not plan.fits(canvas):
            canvas = plan.new_canvas()
        try:
            with self._meter.stage("all"):
                scene = plan.render(frame, canvas)
        except Exception as error:  # whatever went wrong, the room must not be shown
            if self._meter.fault(str(error) or type(error).__name__):
                log.warning("the privacy card is shown: %s", error, exc_info=not isinstance(error, LivecutError))
            self._free.append(canvas)
            return _Rendered(self._card, CARD_INDEX, frame.captured_ns, frame.captured_ns, self._painted_in)
        return _Rendered(canvas, frame.index, frame.captured_ns, scene.frame.captured_ns, self._painted_in)

    # -- output -------------------------------------------------------------------------------------------------

    def _output(self) -> None:
        if self._timing.lossless:
            self.begun.set()
            self._output_all()
            return
        clock = time.monotonic
        pacer = Pacer(self._timing.fps, clock())
        last: _Rendered | None = None
        self._write(None, new=False)
        self.begun.set()
        while not self._stop.wait(max(0.0, pacer.opens_s - clock())):
            fresh = self._pictures.take(0.0)
            waited = fresh is None
            if waited:
                fresh = self._pictures.take(max(0.0, pacer.closes_s - clock()))
            if fresh is not None:
                self._release(last)
                last = fresh
                self._tell_age(fresh)
            began_s = clock()
            self._write(last, new=fresh is not None)
            written_s = clock()
            missed = pacer.written(written_s, arrived=waited and fresh is not None)
            owed = self._owed + min(missed, _MOST_REPEATS)
            # A recording counts pictures: without those of the windows a stall swallowed it would play too fast. They
            # get no more time than the new one took, or a slow recording would owe ever more and hold up the others.
            self._owed = self._fill(last, owed, until_s=written_s + max(pacer.period_s, written_s - began_s))

    def _output_all(self) -> None:
        """Every picture for as long as it stands: until the next one's time, the last one for a frame's."""
        held: _Rendered | None = None
        try:
            while (rendered := self._pictures.take()) is not None:
                if held is not None:
                    self._write(held, new=True, times=self._file_clock.times_until(rendered.captured_ns))
                    self._release(held)
                held = rendered
        except Closed:
            if held is not None:
                end_ns = self._file_clock.after(held.captured_ns)
                self._write(held, new=True, times=self._file_clock.times_until(end_ns))

    def _release(self, rendered: _Rendered | None) -> None:
        """Let its memory be painted on again, unless it is the card's, which must stay as it is."""
        if rendered is not None and rendered.index != CARD_INDEX:
            self._free.append(rendered.canvas)

    def _fill(self, rendered: _Rendered | None, owed: int, *, until_s: float) -> int:
        """Write what recordings have missed, as far as the time goes; how many pictures they still miss."""
        while owed and time.monotonic() < until_s and not self._stop.is_set():
            for sink in filter(_keeps_time, tuple(self._sinks)):
                self._write_one(sink, self._choose(rendered))
            owed -= 1
        return owed

    def _write(self, rendered: _Rendered | None, *, new: bool, times: int = 1) -> None:
        for repeat in range(times):
            if repeat and self._stop.is_set():
                return
            picture = self._choose(rendered)
            # Chosen for each: while one is written, the card may have been asked for.
            for sink in tuple(self._sinks):
                picture = self._choose(rendered)
                self._write_one(sink, picture)
            for tap in self._taps:
                tap.write(self._choose(rendered))
            fresh = new and repeat == 0 and not picture.is_card
            age_ns = None if self._timing.lossless else time.monotonic_ns() - picture.captured_ns
            self._meter.picture_out(age_ns, new=fresh, card=picture.is_card)

    def _write_one(self, sink: Sink, picture: Picture) -> None:
        if not self._has_plan and _keeps_time(sink):
            return  # a run that fails at its start must not put the card in an earlier recording's place
        try:
            with self._meter.stage("write"):
                sink.write(picture)
        except Exception as error:  # one output that dies, of whatever, leaves the others going
            self._sinks.remove(sink)
            self._close_sink(sink)
            self._meter.sink_ended(sink.name)
            if not self._sinks:
                raise
            if self._lost_recording is None and _keeps_time(sink):
                self._lost_recording = error
            expected = isinstance(error, LivecutError)
            text = str(error) if expected else f"{sink.name} failed: {error or type(error).__name__}"
            log.warning("%s; the other outputs go on", text, exc_info=not expected)

    def _close_sink(self, sink: Sink) -> None:
        try:
            sink.close()
        except Exception as error:  # the recordings beside it must still be finished
            expected = isinstance(error, LivecutError)
            log.warning("%s could not be closed: %s", sink.name, error, exc_info=not expected)
            if self._lost_recording is None and _keeps_time(sink):
                self._lost_recording = error

    def _choose(self, rendered: _Rendered | None) -> Picture:
        now_ns = time.monotonic_ns()
        hidden = (
            rendered is None
            or rendered.index == CARD_INDEX
            or rendered.era < self._era
            or self.privacy.is_set()
            or self._is_old(rendered, now_ns)
        )
        if rendered is None or hidden:
            card = self._card
            return Picture(card.bgr, card.alpha, CARD_INDEX, now_ns)
        canvas = rendered.canvas
        return Picture(
            canvas.bgr, canvas.alpha, rendered.index, rendered.captured_ns, canvas.planar, depth=canvas.depth
        )

    def _is_old(self, rendered: _Rendered, now_ns: int) -> bool:
        """Older than pictures may be, or of a clock that is not this machine's: then nobody knows how old."""
        return not (self._timing.lossless or 0 <= now_ns - rendered.shown_ns <= self._max_age_ns)

    def _tell_age(self, fresh: _Rendered) -> None:
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
