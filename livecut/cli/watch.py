"""Watches a running session from its own thread: signals, and a status line once a second."""

from __future__ import annotations

import logging
import queue
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from livecut.app.control import SLOW, answers
from livecut.app.mailbox import Mailbox
from livecut.cli.streams import tell
from livecut.pipeline.meter import Snapshot
from livecut.settings.live import shows_room

if TYPE_CHECKING:
    from livecut.app.session import Session

__all__ = ["Watch", "shown_by", "status_line", "summary"]

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[int, FrameType | None], None]

_TICK_S = 0.05
_STATUS_S = 1.0
# The share of frames that is told as all of them: the first after a change of plan may be missing.
_EVERY = 0.98


class Watch:
    """Ctrl-C, SIGTERM and a closed terminal end the session, SIGUSR1 shows or hides the privacy card.

    A line a second tells how it goes.

    The handlers only leave a mark: they run inside whatever the main thread is doing, which may hold any lock.
    """

    def __init__(self) -> None:
        self._session: Session | None = None
        self._mailbox: Mailbox | None = None
        self._ending = False
        self._toggles = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="livecut-watch", daemon=True)
        self._earlier: dict[int, Any] = {}
        self._on_terminal = sys.stderr.isatty()

    def __enter__(self) -> Watch:
        for number, handler in self._handlers().items():
            self._earlier[number] = signal.signal(number, handler)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})  # blocked from the start on
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if self._mailbox is not None:
            self._mailbox.close()
        if self._on_terminal and self._session is not None:
            tell("")
        for number, handler in self._earlier.items():
            # The card's signal would end the process while it ends by itself, with a code that says it was killed.
            if handler != signal.SIG_DFL or number != getattr(signal, "SIGUSR1", 0):
                signal.signal(number, handler)

    def open(self, make: Callable[[], Session]) -> Session:
        """Make the session and watch it from now on; raises what `make` raises, or KeyboardInterrupt when told to end.

        Made on a thread of its own: a camera or a stream that does not answer must not hold up Ctrl-C.
        """
        made: queue.SimpleQueue[Session | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                made.put(make())
            except BaseException as error:
                made.put(error)

        threading.Thread(target=work, name="livecut-open", daemon=True).start()
        while True:
            try:
                result = made.get(timeout=_TICK_S)
            except queue.Empty:
                if self._ending:
                    raise KeyboardInterrupt from None
                continue
            if isinstance(result, BaseException):
                raise result
            self._attach(result)
            return result

    def _attach(self, session: Session) -> None:
        self._session = session
        try:
            self._mailbox = Mailbox(answers(session), slow=SLOW)
        except OSError as error:
            log.warning("`livecut snap` and `livecut control` will not find this filter: %s", error)
            return
        threading.Thread(target=self._serve, args=(self._mailbox,), name="livecut-mailbox", daemon=True).start()

    def report(self) -> None:
        """Print what came of the session as a whole."""
        if self._session is not None:
            tell(summary(self._session.status()))

    def _handlers(self) -> dict[int, Handler]:
        handlers: dict[int, Handler] = {signal.SIGINT: self._end, signal.SIGTERM: self._end}
        if hasattr(signal, "SIGUSR1"):
            handlers[signal.SIGUSR1] = self._toggle
        # A terminal that is closed; `nohup` has it ignored, and means it.
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            handlers[signal.SIGHUP] = self._end
        return handlers

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ending = True

    def _toggle(self, number: int, frame: FrameType | None) -> None:
        self._toggles += 1

    def _watch(self) -> None:
        toggled = faults = 0
        next_line = time.monotonic() + _STATUS_S
        while not self._done.wait(_TICK_S):
            session = self._session
            if session is None:
                continue
            while toggled < self._toggles:
                toggled += 1
                session.toggle_privacy()
            if self._ending:
                session.request_stop()
                return
            if time.monotonic() >= next_line:
                next_line += _STATUS_S
                seen = session.status()
                line = partial(
                    status_line, seen, session.label, session.quality, shown=shown_by(session), faults_before=faults
                )
                # The last column is the cursor's: a line that wraps cannot be written over.
                self._print(line(columns=shutil.get_terminal_size().columns - 1) if self._on_terminal else line())
                faults = seen.faults

    def _serve(self, mailbox: Mailbox) -> None:
        while not self._done.wait(_TICK_S):
            mailbox.look()

    def _print(self, line: str) -> None:
        if self._on_terminal:
            tell(f"\r\x1b[2K{line}", end="")
        else:
            tell(line)


def status_line(
    seen: Snapshot,
    label: str,
    quality: str = "",
    *,
    shown: str = "",
    faults_before: int = 0,
    columns: int | None = None,
) -> str:
    """One line: what is `shown`, rates, age at the output, stage times (median / 95th percentile), what was dropped,
    what computes, and what was given for it: `quality` is the governor's step, and networks may look at a part of the
    frames only. Why frames are hidden is told while there are more than `faults_before`, then only how many were. In so
    many `columns` what is least missed is left out.
    """
    hidden = f"hidden: {seen.last_fault}" if seen.faults > faults_before else f"{seen.faults} frames were hidden"
    stages = "  ".join(f"{name} {times.p50_ms:.1f}/{times.p95_ms:.1f}" for name, times in seen.stages.items())
    # Each with how much it would be missed.
    parts = [
        (9, shown),
        (8, f"in {seen.fps_in:.1f} fps, out {seen.fps_out:.1f} ({seen.fps_new:.1f} new)"),
        (4, f"age {seen.age.p50_ms:.0f}/{seen.age.p95_ms:.0f} ms" if seen.age.p95_ms else ""),
        (0, f"ms {stages}" if stages else ""),
        (2, f"dropped {seen.dropped}"),
        (1, f"cards {seen.cards}" if seen.cards else ""),
        (7 if seen.faults > faults_before else 1, hidden if seen.faults else ""),
        (6, seen.instead),
        (3, f"networks on {seen.looked:.0%} of frames" if seen.looked < _EVERY else ""),
        (5, quality),
        (3, label),
    ]
    kept = [part for part in parts if part[1]]
    while columns is not None and len(kept) > 1 and len(_joined(kept)) > columns:
        kept.remove(min(kept))
    return _joined(kept)[:columns]


def _joined(parts: Sequence[tuple[int, str]]) -> str:
    return " | ".join(text for _, text in parts)


def shown_by(session: Session) -> str:
    """What the outputs are given, in a word or two."""
    settings = session.settings
    if session.is_private:
        return "HIDDEN (privacy switch)"
    if session.is_starting:
        # Without a clock the first picture is waited for: no card stands in its place.
        return "preparing" if session.timing.lossless else "privacy card (starting)"
    if shows_room(settings):
        return "RAW PICTURE"
    return f"{session.preset} ({settings.effect.name})" if session.preset else settings.effect.name


def summary(seen: Snapshot) -> str:
    """One line for the end."""
    text = f"{seen.frames_in} frames in, {seen.pictures_out} pictures out, {seen.dropped} dropped, {seen.cards} cards"
    return f"{text}, {seen.faults} frames hidden ({seen.last_fault})" if seen.faults else text
