"""Measures one case: frame by frame from the decoded frame to I420, and live for age and memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from livecut.app.build import build_plan
from livecut.app.resident import new_pool
from livecut.bench.case import Case
from livecut.bench.counting import CountingOpener
from livecut.bench.live import live_ages
from livecut.bench.machine import fingerprint, peak_memory_mb
from livecut.bench.output import I420Sink
from livecut.bench.rival import Rival
from livecut.bench.spread import Spread, median, median_ratio
from livecut.bench.stages import StageTimes
from livecut.bench.turns import Turn, calm_down, timed
from livecut.inference.accelerator import Accelerator
from livecut.kernels.cpu.seats import Seat
from livecut.pipeline.plan import AnyPlan
from livecut.protocols import Source
from livecut.settings import Settings
from livecut.settings.listing import masked
from livecut.sources.demo import DemoSource
from livecut.types import Canvas, Frame, Picture, Pixels, Size

__all__ = ["FrameByFrame", "Measured", "Opponent", "Ratio", "measure", "names", "take_turns"]

_PROVIDERS = {
    Accelerator(device).label: Accelerator(device).provider for device in ("cpu", "cuda", "directml", "coreml")
} | {
    "CUDA (whole pictures)": "CUDAExecutionProvider",
    "CUDA graph (whole pictures)": "CUDAExecutionProvider",
    "TensorRT (whole pictures)": "TensorrtExecutionProvider",
}


class Opponent(Protocol):
    """Who is measured frame about with ours."""

    bgr: Pixels

    def turn(self) -> Turn:
        """Process the frame in `bgr`."""
        ...


@dataclass(frozen=True, slots=True)
class Ratio:
    """Our time over the ordinary way's, the middle one of the frames' own ratios."""

    wall: float
    cpu: float
    """Of the processor time counted at the frames' ends."""
    cpu_until_rest: float
    """Of the processor time until each side's threads are at rest."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one case gave."""

    effect: str
    frames_per_s: float
    """Of frames processed one after the other, from the decoded frame to I420."""
    wall_ms: Spread
    cpu_ms: Spread
    stages: dict[str, Spread]
    age_ms: Spread | None
    """Now minus `captured_ns` when the live pipeline's output has converted a picture, repeats counted."""
    peak_memory_mb: float | None
    """Of the process, when the live pipeline has run."""
    provider: str
    model: str
    settings: dict[str, Any]
    inferences_per_frame: float
    output_size: str
    machine: dict[str, Any]
    ratio: Ratio | None = None
    ordinary_ms: Turn | None = None
    """Medians of the ordinary way; for the table only."""


class Endless:
    """Frames without end: of a source that would end, it is an error."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def frame(self) -> Frame:
        """The next one."""
        frame = self._source.read()
        if frame is None:
            raise ValueError(f"{self._source.name} ended in the middle of the measurement")
        return frame


class FrameByFrame:
    """The plan that `livecut run` would build, and a sink for what it paints, driven a frame at a time."""

    def __init__(self, settings: Settings, size: Size) -> None:
        self.meter = StageTimes()
        self.networks = CountingOpener()
        self._residents = new_pool()
        self._before = 0
        self._seat = Seat()
        """As the pipeline's thread has it, to the end."""
        self._seat.take()
        self._plan: AnyPlan = build_plan(
            settings, size, self.meter, open_network=self.networks, residents=self._residents
        )
        self.label = self._plan.label
        self._canvas: Canvas = self._plan.new_canvas()
        self._sink = I420Sink(size, colour=settings.effect.cutout.colour)

    def turn(self, frame: Frame) -> Turn:
        """Process one frame."""
        return timed(lambda: self._process(frame))

    def turn_and_rest(self, frame: Frame) -> Turn:
        """Process one frame, and return when no thread works at it any more: the other side's turn begins."""
        return timed(lambda: self._process(frame), calm_down)

    def _process(self, frame: Frame) -> None:
        self._plan.render(frame, self._canvas)
        with self.meter.stage("i420"):
            canvas = self._canvas
            self._sink.write(Picture(canvas.bgr, canvas.alpha, frame.index, frame.captured_ns, canvas.planar))
        self._seat.settle(self._plan)

    def forget(self) -> None:
        """Begin to count and to time."""
        self.meter.clear_stages()
        self.networks.forget()
        self._before = self._residents.runs

    @property
    def inferences(self) -> int:
        """How often networks ran, wherever, since `forget`."""
        return self.networks.runs + self._residents.runs - self._before

    def close(self) -> None:
        """Close the plan."""
        self._seat.give_back()
        self._plan.close()


def take_turns(
    frames: Callable[[], Frame], ours: Callable[[Frame], Turn], opponent: Opponent | None, count: int
) -> tuple[list[Turn], list[Turn]]:
    """Measure `count` frames, both sides on each of them; who begins alternates."""
    mine: list[Turn] = []
    theirs: list[Turn] = []
    for number in range(count):
        frame = frames()
        if opponent is None:
            mine.append(ours(frame))
            continue
        opponent.bgr[:] = frame.bgr
        if number % 2:
            theirs.append(opponent.turn())
            mine.append(ours(frame))
        else:
            mine.append(ours(frame))
            theirs.append(opponent.turn())
    return mine, theirs


def measure(case: Case) -> Measured:
    """Measure one case in this process; raises `LivecutError` when it cannot be had."""
    settings = case.settings()
    ages = live_ages(settings, case.size, case.live_s) if case.live_s > 0 else []
    memory = peak_memory_mb() if case.live_s > 0 else None
    # First, for what a process may use it has from the thread that starts it, and ours sits down on one core.
    rival = Rival(settings.model.name, case.size) if case.versus_ordinary else None
    ours: FrameByFrame | None = None
    try:
        ours = FrameByFrame(settings, case.size)
        source = Endless(DemoSource(case.size, case.fps))
        turn = ours.turn if rival is None else ours.turn_and_rest
        take_turns(source.frame, turn, rival, case.warm_up)
        ours.forget()
        mine, theirs = take_turns(source.frame, turn, rival, case.frames)
    finally:
        if ours is not None:
            ours.close()
        if rival is not None:
            rival.close()
    return summary(case, settings, ours, mine, theirs, ages, memory)


def summary(
    case: Case,
    settings: Settings,
    ours: FrameByFrame,
    mine: list[Turn],
    theirs: list[Turn],
    ages_ms: list[float],
    memory_mb: float | None,
) -> Measured:
    """Put a measurement's numbers together."""
    walls, cpus = [turn.wall_ms for turn in mine], [turn.cpu_ms for turn in mine]
    ratio = ordinary = None
    if theirs:
        columns = list(zip(zip(*mine, strict=True), zip(*theirs, strict=True), strict=True))
        ratio = Ratio(*(median_ratio(our_column, their_column) for our_column, their_column in columns))
        ordinary = Turn(*(median(their_column) for _, their_column in columns))
    model, provider = names(ours.label)
    return Measured(
        effect=case.effect,
        frames_per_s=len(walls) * 1e3 / sum(walls),
        wall_ms=Spread.of(walls),
        cpu_ms=Spread.of(cpus),
        stages=ours.meter.spreads(),
        age_ms=Spread.of(ages_ms) if ages_ms else None,
        peak_memory_mb=memory_mb,
        provider=provider,
        model=model,
        settings=masked(settings.model_dump(mode="json")),
        inferences_per_frame=ours.inferences / len(mine),
        output_size=str(case.size),
        machine=fingerprint(),
        ratio=ratio,
        ordinary_ms=ordinary,
    )


def names(label: str) -> tuple[str, str]:
    """Names of networks and of ONNX Runtime's providers from a plan's label, e.g. `a on CPU, b on CPU`."""
    pairs = [part.rpartition(" on ") for part in label.split(", ")]
    if not all(name for name, _, _ in pairs):
        return "none", "none"
    providers = dict.fromkeys(_PROVIDERS.get(where, where) for _, _, where in pairs)
    return ", ".join(name for name, _, _ in pairs), ", ".join(providers)
