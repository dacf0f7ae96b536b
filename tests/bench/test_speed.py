"""Frames are processed by turns, and numbers are put together right."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.bench.case import Case
from livecut.bench.speed import Endless, Measured, Ratio, measure, names, take_turns
from livecut.bench.turns import Turn
from livecut.errors import LivecutError
from livecut.types import Canvas, Frame, Pixels, Size

SIZE = Size(64, 36)
PATIENT = ("model.name=null", "privacy.max_matte_age_ms=2000")


class Other:
    """Writes down which frame it saw, and when."""

    def __init__(self, log: list[str]) -> None:
        self.bgr: Pixels = Canvas.empty(Size(4, 2)).bgr
        self._log = log

    def turn(self) -> Turn:
        self._log.append(f"theirs {self.bgr[0, 0, 0]}")
        return Turn(4.0, 8.0, 6.0)


class Numbered:
    """A source of three frames, each painted with its number."""

    name, size, fps, live = "numbered", Size(4, 2), 30.0, False

    def __init__(self) -> None:
        self._next = 0

    def read(self) -> Frame | None:
        index, self._next = self._next, self._next + 1
        return Frame(np.full((2, 4, 3), index, np.uint8), index, index) if index < 3 else None

    def close(self) -> None:
        pass


def test_both_sides_see_each_frame_and_take_turns_in_beginning() -> None:
    log: list[str] = []

    def ours(frame: Frame) -> Turn:
        log.append(f"ours {frame.bgr[0, 0, 0]}")
        return Turn(1.0, 2.0, 2.0)

    mine, theirs = take_turns(Endless(Numbered()).frame, ours, Other(log), 3)
    assert log == ["ours 0", "theirs 0", "theirs 1", "ours 1", "ours 2", "theirs 2"]
    assert (mine, theirs) == ([Turn(1.0, 2.0, 2.0)] * 3, [Turn(4.0, 8.0, 6.0)] * 3)


def test_without_another_side_only_ours_runs() -> None:
    mine, theirs = take_turns(Endless(Numbered()).frame, lambda frame: Turn(frame.index, 0.0), None, 3)
    assert [turn.wall_ms for turn in mine] == [0, 1, 2]
    assert theirs == []


def test_a_source_that_ends_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="numbered ended in the middle of the measurement"):
        take_turns(Endless(Numbered()).frame, lambda frame: Turn(1.0, 1.0), None, 4)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("livecut-joint-small on CPU", ("livecut-joint-small", "CPUExecutionProvider")),
        ("a on CUDA, b on CPU", ("a, b", "CUDAExecutionProvider, CPUExecutionProvider")),
        ("a on CPU, b on CPU", ("a, b", "CPUExecutionProvider")),
        ("no network", ("none", "none")),
    ],
)
def test_names_of_networks_and_providers(label: str, expected: tuple[str, str]) -> None:
    assert names(label) == expected


@pytest.mark.parametrize(
    ("effect", "stages", "inferences"),
    [
        ("blur", ["matte", "refine", "effect", "i420"], 1),
        ("bokeh", ["depth+matte", "refine", "effect", "i420"], 1),
        ("depth", ["depth", "effect", "i420"], 1),
        ("cutout", ["matte", "refine", "effect", "i420"], 1),
        ("none", ["effect", "i420"], 0),
    ],
)
def test_a_case_is_measured_whole(effect: str, stages: list[str], inferences: int) -> None:
    case = Case(SIZE, effect, "cpu", ("model.name=null",), frames=12, warm_up=2, live_s=0)
    found = measure(case)
    assert list(found.stages) == stages
    assert found.inferences_per_frame == inferences
    assert found.output_size == "64x36"
    assert found.settings["effect"]["name"] == effect
    assert (found.model, found.provider) == (("null", "CPUExecutionProvider") if inferences else ("none", "none"))
    assert (found.age_ms, found.peak_memory_mb, found.ratio) == (None, None, None)
    assert found.frames_per_s > 0


def test_a_stride_is_seen() -> None:
    case = Case(SIZE, "blur", "cpu", ("model.name=null", "matte.stride=3"), frames=12, warm_up=3, live_s=0)
    assert measure(case).inferences_per_frame == pytest.approx(1 / 3)


def test_what_was_measured_with_is_passed_on_without_keys() -> None:
    secret = ("privacy.card=rtmp://live/app/hunter2", "remote.api4ai_key=hunter2")
    found = measure(Case(SIZE, "none", "cpu", secret, frames=1, warm_up=0, live_s=0))
    assert found.settings["privacy"]["card"] == "rtmp://live/..."
    assert "hunter2" not in str(found.settings)


def test_live_age_and_memory_come_with_it() -> None:
    found = measure(Case(SIZE, "blur", "cpu", PATIENT, frames=10, warm_up=0, live_s=0.4))
    assert found.age_ms is not None
    assert 0 < found.age_ms.p50 <= found.age_ms.p95
    assert found.peak_memory_mb is not None
    assert 30 < found.peak_memory_mb < 20_000


def test_frame_about_with_the_ordinary_way() -> None:
    found: Measured = measure(Case(Size(128, 72), "blur", "cpu", frames=10, warm_up=1, live_s=0, versus_ordinary=True))
    assert isinstance(found.ratio, Ratio)
    assert found.ordinary_ms is not None
    assert found.inferences_per_frame == 1
    assert found.model == "livecut-joint-small"
    assert found.ratio.wall > 0
    assert found.ratio.cpu > 0


def test_what_cannot_be_had_is_said() -> None:
    with pytest.raises(LivecutError) as caught:
        measure(Case(SIZE, "blurr"))
    assert caught.value.message == "no effect named 'blurr'"
