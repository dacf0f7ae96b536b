"""The running filter: capture, process and output, each on its own thread, joined by one-frame slots."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from livecut.errors import DeviceLost, LivecutError
from livecut.kernels.cpu.seats import Seat
from livecut.pipeline.file_clock import FileClock
from livecut.pipeline.handover import Handover
from livecut.pipeline.meter import Meter
from livecut.pipeline.output import Output, Rendered
from livecut.pipeline.plan import AnyPlan
from livecut.pipeline.slot import Closed, Slot
from livecut.pipeline.timing import Timing
from livecut.protocols import Sink, Source
from livecut.types import CARD_INDEX, Canvas, Frame, Size

__all__ = ["Pipeline"]

log = logging.getLogger(__name__)

_RETRY_S = 1.0
_JOIN_S = 0.7
_POLL_S = 0.1
# A camera that is lost again so soon after it came back is in the same trouble: it was said already.
_SETTLED_S = 15.0
_RESTS = "the camera is closed until somebody looks at the virtual camera"


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
        on_demand: bool = False,
    ) -> None:
        """Nothing is opened or started yet.

        `open_sinks` is called on the output's thread. `taps` see every picture too, but keep no run alive. `reopen`
        opens a lost camera again (None: its loss ends the run). `frame_limit` ends the source after so many frames.
        `on_demand`: it is closed, and opened by `reopen` again, as nobody or somebody watches the sinks that can tell.
        """
        if on_demand and reopen is None:
            raise ValueError("what cannot be opened again cannot rest")
        self._source = source
        self._open_sinks = open_sinks
        self._timing = timing
        self._meter = meter
        self._reopen = reopen
        self._frame_limit = frame_limit
        self._frames: Slot[Frame] = Slot(lossless=timing.lossless)
        self._pictures: Slot[Rendered] = Slot(lossless=timing.lossless)
        self._plans = Handover()
        self._painted_in = 0
        """The era of the present plan: swaps before it that hid more."""
        self._free: deque[Canvas] = deque()
        self._file_clock = FileClock(timing.source_fps or timing.fps, timing.fps)
        self._stop = threading.Event()
        self._output = Output(
            pictures=self._pictures,
            free=self._free,
            card=card,
            timing=timing,
            meter=meter,
            file_clock=self._file_clock,
            stop=self._stop,
            taps=taps,
            on_demand=on_demand,
        )
        self._source_changed = threading.Event()
        self._back_s = -math.inf
        self._first_plan = threading.Event()
        self._error: BaseException | None = None
        self._error_lock = threading.Lock()
        self.frame_size: Size = source.size
        """Of the last frame, as the source gave it."""
        self.privacy = self._output.privacy
        """While set, the sinks get the card."""
        self.begun = self._output.begun
        """Set when the first card is at the output, or none is needed: what takes long can begin."""

    def swap(self, plan: AnyPlan, *, hides_more: bool = False) -> None:
        """Use this plan from the next frame on; the one before is closed by the process thread.

        `hides_more`: nothing that an earlier plan painted is shown any more, but the card until this one has painted.
        """
        self._output.era += hides_more
        self._plans.offer(plan, self._output.era)

    def protect(self, card: Canvas, max_age_ns: int) -> None:
        """From the next picture on show this card where one is shown, and in place of pictures older than this."""
        self._output.protect(card, max_age_ns)

    @property
    def rests(self) -> bool:
        """The source is closed, or about to be, because nobody looks."""
        return not self._output.wanted.is_set()

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
            sinks = self._open_sinks()
        except BaseException:
            self._source.close()
            self._plans.close()
            raise
        for thread in threads:
            thread.start()
        try:
            self._output.run(sinks)
        except Closed:
            pass
        except BaseException as error:
            self.fail(error)
        finally:
            self.stop()
            self._output.close()
            self._join(threads)
        if self._error is not None:
            raise self._error
        if self._output.lost_recording is not None:
            raise self._output.lost_recording

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
                if self.rests:
                    _let_go(source)
                    source = self._rest()
                    continue
                try:
                    frame = source.read()
                except DeviceLost as error:
                    if self._reopen is None:
                        if not self._timing.lossless:
                            raise
                        self._note(error)  # what was read until then is still made and written
                        break
                    _let_go(source)
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

    def _rest(self) -> Source | None:
        """Wait until somebody watches, and open the source again; None when it is the end."""
        assert self._reopen is not None
        log.info("nobody looks: %s", _RESTS)
        self._meter.rests(_RESTS)
        told = ""
        try:
            while not self._stop.is_set():
                if not self._output.wanted.wait(_POLL_S):
                    if told:
                        told = ""
                        self._meter.rests(_RESTS)
                    continue
                try:
                    source = self._reopen()
                except Exception as error:  # of a driver's or a plug-in's own kind, too
                    if not told:
                        told = str(error) or type(error).__name__
                        log.warning("%s; the privacy card is shown", told, exc_info=not isinstance(error, LivecutError))
                        self._meter.rests(told)
                    self._stop.wait(_RETRY_S)
                    continue
                log.info("somebody looks: %s is open", source.name)
                self._source_changed.set()
                return source
        finally:
            self._meter.rests("")
        return None

    def _recover(self, error: DeviceLost) -> Source | None:
        assert self._reopen is not None
        is_news = time.monotonic() - self._back_s > _SETTLED_S
        if is_news:
            log.warning("%s; the privacy card is shown until it is back", error)
        while not self._stop.wait(_RETRY_S):
            if self.rests:
                return self._rest()  # nobody looks: it must not begin to film when it is plugged in again
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
                self._output.release(self._pictures.put(rendered))
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
        self._output.has_plan = True
        self._first_plan.set()
        return taken

    def _render(self, plan: AnyPlan, frame: Frame) -> Rendered:
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
            return Rendered(self._output.card, CARD_INDEX, frame.captured_ns, frame.captured_ns, self._painted_in)
        return Rendered(canvas, frame.index, frame.captured_ns, scene.frame.captured_ns, self._painted_in)


def _let_go(source: Source) -> None:
    try:
        source.close()
    except Exception as error:  # a plug-in's or a driver's: what it was opened for is over anyway
        log.warning("%s was not closed: %s", source.name, error or type(error).__name__)
