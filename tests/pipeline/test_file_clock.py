"""A file's own time: every picture counts once, and together they last as long as the file says."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from livecut.pipeline.file_clock import FileClock

RATES = st.sampled_from([10.0, 24.0, 30000 / 1001, 30.0, 60.0])


@dataclass
class _At:
    position_s: float = 0.0


@given(RATES, RATES, st.integers(1, 200))
def test_at_any_rate_the_duration_stays(file_fps: float, fps: float, frames: int) -> None:
    clock = FileClock(file_fps, fps)
    stamps = [clock.captured_ns(count, object()) for count in range(frames)]
    written = sum(clock.times_until(end) for end in (*stamps[1:], clock.after(stamps[-1])))
    assert abs(written / fps - frames / file_fps) <= 0.5 / fps + 1e-6


@given(RATES, st.lists(st.integers(1, 50), max_size=60))
def test_frames_of_a_timed_source_stand_until_the_next_ones_time(fps: float, steps: list[int]) -> None:
    clock, source = FileClock(fps, fps), _At()
    stamps = [clock.captured_ns(0, source)]
    for count in range(1, len(steps) + 1):
        source.position_s = (sum(steps[:count]) + 0.1) / fps
        stamps.append(clock.captured_ns(count, source))
    assert [clock.times_until(end) for end in stamps[1:]] == steps


def test_a_jump_by_days_is_no_more_than_an_hour_of_one_picture() -> None:
    clock = FileClock(30.0, 30.0)
    assert clock.times_until(10**15) == 3600 * 30
    assert [clock.times_until(10**15 + k * 10**9 // 30) for k in range(1, 40)] == [1] * 39
