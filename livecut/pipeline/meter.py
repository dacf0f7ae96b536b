"""Measures the running pipeline: time a stage, frame rates, age at the output, what was dropped or hidden."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["Meter", "Percentiles", "Snapshot", "Totals"]

# About ten seconds at 30 fps: long enough for a p95, short enough to follow a change.
_WINDOW = 300
_LOOKS = 90
# A fault that comes back after this long is told again.
_TOLD_NS = 10_000_000_000
_NUMBER = re.compile(r"[-+]?\d[\d.]*(e[-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Median and 95th percentile of recent times, in milliseconds."""

    p50_ms: float
    p95_ms: float

    @classmethod
    def of(cls, times_ns: deque[int]) -> Percentiles:
        """Nearest-rank percentiles; zeros when there is nothing."""
        if not times_ns:
            return cls(0.0, 0.0)
        ordered = sorted(times_ns)
        last = len(ordered) - 1
        return cls(ordered[round(last * 0.5)] / 1e6, ordered[round(last * 0.95)] / 1e6)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the meter knew at one moment."""

    fps_in: float
    fps_out: float
    """Pictures written a second, repeats and cards counted."""
    fps_new: float
    """New pictures written a second."""
    age: Percentiles
    """Now minus `captured_ns` when the sinks had the picture."""
    stages: dict[str, Percentiles]
    frames_in: int
    pictures_out: int
    repeats: int
    cards: int
    dropped: int
    faults: int
    last_fault: str
    ended_sinks: tuple[str, ...] = field(default=())
    instead: str = ""
    """What is shown in place of what was asked for, and why."""
    looked: float = 1.0
    """Share of recent frames that a network looked at; the others were given the answer to an earlier one."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums since the start: the difference of two is what happened between them."""

    at_ns: int
    frames_in: int
    rendered: int
    busy_ns: int
    """Time spent on them, the stage `all`."""
    new: int
    """New pictures written."""
    age_ns: int
    """Their ages together."""
    cards: int


class _Rate:
    """Events a second over the last two seconds."""

    def __init__(self) -> None:
        self._times_ns: deque[int] = deque(maxlen=1000)

    def tick(self, now_ns: int) -> None:
        self._times_ns.append(now_ns)

    def per_second(self, now_ns: int) -> float:
        recent = self._recent(now_ns)
        if len(recent) < 2:
            return 0.0
        return (len(recent) - 1) * 1e9 / max(1, recent[-1] - recent[0])

    def count(self, now_ns: int) -> int:
        return len(self._recent(now_ns))

    def _recent(self, now_ns: int) -> list[int]:
        return [t for t in self._times_ns if now_ns - t <= 2_000_000_000]


class Meter:
    """Shared by all threads of one pipeline; every method is cheap and safe to call from any of them."""

    def __init__(self, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._stages: dict[str, deque[int]] = {}
        self._age: deque[int] = deque(maxlen=_WINDOW)
        self._looks: deque[bool] = deque(maxlen=_LOOKS)
        self._in, self._out, self._new = _Rate(), _Rate(), _Rate()
        self._frames_in = self._pictures_out = self._repeats = self._cards = self._dropped = self._faults = 0
        self._rendered = self._busy_ns = self._new_pictures = self._new_age_ns = 0
        self._last_fault = self._instead = self._resting = ""
        # When a fault of each kind came last, of those that came lately.
        self._kinds_ns: dict[str, int] = {}
        self._ended_sinks: tuple[str, ...] = ()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage of one frame."""
        start = time.perf_counter_ns()
        try:
            yield
        finally:
            elapsed = time.perf_counter_ns() - start
            with self._lock:
                self._stages.setdefault(name, deque(maxlen=_WINDOW)).append(elapsed)
                if name == "all":
                    self._rendered += 1
                    self._busy_ns += elapsed

    def clear_stages(self) -> None:
        """Forget stage times: those of a first run, which compiles, say nothing about the next."""
        with self._lock:
            self._stages.clear()
            self._looks.clear()

    def looked(self, is_new: bool) -> None:
        """A frame got its estimates; `is_new`: a network looked at that very frame."""
        with self._lock:
            self._looks.append(is_new)

    def frame_in(self) -> None:
        """A frame came from the source."""
        with self._lock:
            self._frames_in += 1
            self._in.tick(self._clock_ns())

    def picture_out(self, age_ns: int | None, *, new: bool, card: bool) -> None:
        """A picture was written to the sinks, so long after it was captured (None where no clock counts)."""
        now = self._clock_ns()
        with self._lock:
            self._pictures_out += 1
            self._out.tick(now)
            self._cards += card
            self._repeats += not new and not card
            if new:
                self._new.tick(now)
                self._new_pictures += 1
                self._new_age_ns += age_ns or 0
            if not card and age_ns is not None:
                self._age.append(age_ns)

    def set_dropped(self, count: int) -> None:
        """How many frames and pictures were replaced before anyone took them, in all."""
        with self._lock:
            self._dropped = count

    def fault(self, message: str) -> bool:
        """A frame could not be filtered and the card was shown; True when no fault like it came lately.

        Numbers make no difference: those in a message may be new with every frame.
        """
        now, kind = self._clock_ns(), _NUMBER.sub("#", message)
        with self._lock:
            self._faults += 1
            self._last_fault = message
            lately = {known: at_ns for known, at_ns in self._kinds_ns.items() if now - at_ns <= _TOLD_NS}
            self._kinds_ns = {**lately, kind: now}
            return kind not in lately

    def shows(self, instead: str) -> None:
        """A frame was painted; `instead` says what stands there in place of what was asked for, if anything."""
        self._instead = instead

    def rests(self, why: str) -> None:
        """Why the source is closed for now; empty: it is not."""
        self._resting = why

    def sink_ended(self, name: str) -> None:
        """A sink died; the others go on."""
        with self._lock:
            self._ended_sinks = (*self._ended_sinks, name)

    def snapshot(self) -> Snapshot:
        """Everything known now."""
        now = self._clock_ns()
        with self._lock:
            fps_out = self._out.per_second(now)
            return Snapshot(
                fps_in=self._in.per_second(now),
                fps_out=fps_out,
                # A share of them: where no new ones came for a moment, their own rate would be above that of all.
                fps_new=fps_out * min(1.0, self._new.count(now) / max(1, self._out.count(now))),
                age=Percentiles.of(self._age),
                stages={name: Percentiles.of(times) for name, times in self._stages.items()},
                frames_in=self._frames_in,
                pictures_out=self._pictures_out,
                repeats=self._repeats,
                cards=self._cards,
                dropped=self._dropped,
                faults=self._faults,
                last_fault=self._last_fault,
                ended_sinks=self._ended_sinks,
                instead=self._resting or self._instead,
                looked=sum(self._looks) / len(self._looks) if self._looks else 1.0,
            )

    def totals(self) -> Totals:
        """Sums since the start."""
        now = self._clock_ns()
        with self._lock:
            return Totals(
                at_ns=now,
                frames_in=self._frames_in,
                rendered=self._rendered,
                busy_ns=self._busy_ns,
                new=self._new_pictures,
                age_ns=self._new_age_ns,
                cards=self._cards,
            )
