# /// script
# requires-python = ">=3.11"
# dependencies = ["livecut[demo]"]
# ///
"""Measure what a live picture does on a busy machine, and write docs/load.md: python tools/load_report.py

Each effect runs live at 30 frames a second, alone, then beside processes that compute without end, then alone again:
pictures a second at the output, new ones among them, their age, and the steps of quality the governor took. The source
moves all the time and the motion gate is off. About a minute for each; what is not measured stays on the page.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livecut.app.session import Session
from livecut.bench.machine import fingerprint
from livecut.bench.output import I420Sink
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Picture, Size

DOCS = Path(__file__).resolve().parent.parent / "docs"
BUSY = "while True: pass"
START_S = 120.0
LOOK_S = 0.05


@dataclass(frozen=True)
class Seen:
    """One picture at the output."""

    at_s: float
    index: int
    is_card: bool
    age_ms: float


@dataclass(frozen=True)
class Phase:
    """What the output did for a while."""

    name: str
    fps: float
    new: float
    least_new: float
    """In the worst whole second."""
    age_p50_ms: float
    age_p95_ms: float
    age_max_ms: float
    cards: int
    quality: str
    """The rung at its end."""


class Recorder(I420Sink):
    """Does what a virtual camera's sink does, and writes down every picture."""

    def __init__(self, size: Size) -> None:
        super().__init__(size)
        self.seen: list[Seen] = []

    def write(self, picture: Picture) -> None:
        super().write(picture)
        now_ns = time.monotonic_ns()
        self.seen.append(Seen(now_ns * 1e-9, picture.index, picture.is_card, (now_ns - picture.captured_ns) * 1e-6))


def phase(name: str, seen: Sequence[Seen], begin_s: float, end_s: float, quality: str) -> Phase:
    """Sum up the pictures of a while; a picture counts as new the first time its index is written."""
    within = [one for one in seen if begin_s <= one.at_s < end_s]
    first: dict[int, float] = {}
    for one in seen:
        if not one.is_card:
            first.setdefault(one.index, one.at_s)
    new = [at for at in first.values() if begin_s <= at < end_s]
    ages = [one.age_ms for one in within if not one.is_card] or [float("nan")]
    seconds = end_s - begin_s
    whole = [int(at - begin_s) for at in new]
    per_second = np.bincount(whole, minlength=int(seconds))[: int(seconds)] if int(seconds) else np.zeros(1)
    p50, p95 = (float(np.percentile(ages, share)) for share in (50, 95))
    cards = sum(one.is_card for one in within)
    return Phase(
        name, len(within) / seconds, len(new) / seconds, float(per_second.min()), p50, p95, max(ages), cards, quality
    )


@contextlib.contextmanager
def busy(processes: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many other processes compute without end."""
    # A session each, as if begun in terminals of their own: the harder case where a scheduler shares by sessions.
    running = [subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True) for _ in range(processes)]
    try:
        yield running
    finally:
        for one in running:
            one.kill()
            one.wait()


class Steps(logging.Handler):
    """What the governor says, with the time."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[float, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((time.monotonic(), record.getMessage()))


def measure(
    settings: Settings, size: Size, *, processes: int, seconds: Sequence[float]
) -> tuple[list[Phase], list[str]]:
    """Run alone, beside `processes`, and alone again, so many `seconds` each; the phases, and what was stepped."""
    alone_s, loaded_s, after_s = seconds
    sink, steps = Recorder(size), Steps()
    governing = logging.getLogger("livecut.app.governing")
    governing.addHandler(steps)
    phases: list[Phase] = []
    session = Session(settings, extra_sinks=(sink,))
    session.start()
    try:
        end = time.monotonic() + START_S
        while not any(not one.is_card for one in sink.seen[-1:]) and time.monotonic() < end:
            session.join(LOOK_S)
        session.join(2.0)

        def watched(name: str, for_s: float) -> float:
            begin = time.monotonic()
            session.join(for_s)
            phases.append(phase(name, list(sink.seen), begin, time.monotonic(), session.quality or "full quality"))
            return begin

        watched("alone", alone_s)
        with busy(processes):
            loaded_at = watched(f"the first {SETTLE_S:g} s beside them", SETTLE_S)
            watched(f"the next {loaded_s - SETTLE_S:g} s", loaded_s - SETTLE_S)
        watched(f"alone again, {after_s:g} s", after_s)
    finally:
        session.stop()
        governing.removeHandler(steps)
    return phases, [f"{at - loaded_at:+.1f} s: {text}" for at, text in steps.lines]


SETTLE_S = 6.0
"""What the governor may take to come down."""


def table(phases: Sequence[Phase]) -> list[str]:
    """The phases as a table of Markdown."""
    lines = [
        "| | pictures/s | new/s | new in the worst second | age p50 / p95 / most, ms | cards | quality at its end |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in phases:
        ages = f"{one.age_p50_ms:.0f} / {one.age_p95_ms:.0f} / {one.age_max_ms:.0f}"
        rates = f"{one.fps:.1f} | {one.new:.1f} | {one.least_new:.0f}"
        lines.append(f"| {one.name} | {rates} | {ages} | {one.cards} | {one.quality} |")
    return lines


def settings_for(effect: str, source: str, size: str) -> Settings:
    """As shipped, live, 30 a second."""
    patch: dict[str, Any] = {
        "source": {"input": source, "pace": "realtime", "loop": True},
        "output": {"sinks": ["null"], "size": size, "fps": 30},
        "effect": {"name": effect},
    }
    return apply(Settings(), patch)


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DOCS / "load.md", metavar="FILE", help="the page to write")
    parser.add_argument("--effect", action="append", help="repeatable (default: blur and bokeh)")
    parser.add_argument("--source", default="demo", help="a video that moves (default: demo)")
    parser.add_argument("--size", default="1280x720", metavar="WxH")
    parser.add_argument("--busy", type=int, action="append", metavar="N", help="processes beside it (default: 2 and 8)")
    parser.add_argument(
        "--seconds", type=float, nargs=3, default=(5.0, 26.0, 15.0), help="alone, beside them, alone again"
    )
    arguments = parser.parse_args()

    width, _, height = arguments.size.partition("x")
    size = Size(int(width), int(height))
    machine = fingerprint()
    what = "demo" if arguments.source == "demo" else "video"
    head = [
        "# On a busy machine",
        "",
        f"Written by `tools/load_report.py` on {machine['processor']}, {machine['cores']} cores: {arguments.size}",
        f"at 30 frames a second of the {what}, which moves all the time; motion gate off. First alone, then beside",
        "processes that compute without end, each a session of its own, then alone again. A picture is new the first",
        "time it is written; its age is now less the time it was captured, repeats counted.",
    ]
    earlier = arguments.out.read_text() if arguments.out.exists() else ""
    sections = sections_of(earlier)
    for processes in arguments.busy or (2, 8):
        for effect in arguments.effect or ("blur", "bokeh"):
            settings = settings_for(effect, arguments.source, arguments.size)
            phases, steps = measure(settings, size, processes=processes, seconds=arguments.seconds)
            told = ["The governor, seconds after the others began:", "", *(f"* {step}" for step in steps)]
            lines = [*table(phases), "", *(told if steps else ["The governor took no step."])]
            sections[f"`{effect}` beside {processes} busy processes"] = "\n".join(lines)
            print("\n".join(lines), flush=True)
    parts = ["\n".join(head), *(f"## {title}\n\n{text}" for title, text in sections.items())]
    arguments.out.write_text("\n\n".join(parts) + "\n")


def sections_of(page: str) -> dict[str, str]:
    """What a page says under each heading of the second order; what is not measured anew is kept."""
    parts = page.split("\n## ")[1:]
    return {title: text.strip() for title, _, text in (part.partition("\n") for part in parts)}


if __name__ == "__main__":
    main()
