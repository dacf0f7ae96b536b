"""The three threads: order, fail-closed states, plan swaps, losses, and a stop that always ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from support.fakes import FakeEstimator, ListSink, ListSource, NearestRefiner, PaintEffect, crop_fit

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.pipeline.meter import Meter
from livecut.pipeline.pipeline import Pipeline
from livecut.pipeline.plan import Plan
from livecut.pipeline.timing import Timing
from livecut.protocols import Need, Sink, Source
from livecut.types import CARD_INDEX, Canvas, Estimate, Frame, Picture, Pixels, Scene, Size

SIZE = Size(64, 36)
CARD = Canvas(np.full((SIZE.height, SIZE.width, 3), (9, 200, 77), np.uint8), None)
LOSSLESS = Timing(fps=30, max_age_ns=10**9, lossless=True)
BOTH = frozenset({Need.MATTE, Need.DEPTH})
AGES_NS = 10**11
"""As old as no picture of a test becomes, whatever the machine does meanwhile."""


@pytest.fixture(autouse=True)
def _threads_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they close is counted after a run; who leaves one behind on purpose says so."""
    monkeypatch.setattr("livecut.pipeline.pipeline._JOIN_S", 60.0)


def _plan(effect: PaintEffect, estimator: FakeEstimator | None = None, meter: Meter | None = None) -> Plan:
    return Plan(
        size=SIZE,
        fit=crop_fit,
        estimators=() if estimator is None else (estimator,),
        refiner=NearestRefiner(),
        effect=effect,
        meter=meter or Meter(),
        max_age_ns=10**9,
    )


def _pipeline(
    source: Source,
    *sinks: Sink,
    timing: Timing = LOSSLESS,
    meter: Meter | None = None,
    reopen: Callable[[], Source] | None = None,
    frame_limit: int | None = None,
) -> Pipeline:
    return Pipeline(
        source=source,
        open_sinks=lambda: sinks,
        card=CARD,
        timing=timing,
        meter=meter or Meter(),
        reopen=reopen,
        frame_limit=frame_limit,
    )


def _is_card(sink: ListSink) -> list[bool]:
    return [picture.index == CARD_INDEX for picture in sink.pictures]


def test_lossless_every_frame_becomes_one_picture_in_order() -> None:
    source, sink, effect, meter = ListSource(200), ListSink(), PaintEffect(), Meter()
    pipeline = _pipeline(source, sink, meter=meter)
    pipeline.swap(_plan(effect))
    pipeline.run()
    assert [picture.index for picture in sink.pictures] == list(range(200))
    for picture in sink.pictures:
        assert (picture.bgr == 255 - picture.index % 251).all()
    assert (source.closed, sink.closed, effect.closed) == (1, 1, 1)
    seen = meter.snapshot()
    assert (seen.frames_in, seen.pictures_out, seen.dropped, seen.cards) == (200, 200, 0, 0)


def test_a_frame_limit_ends_the_source() -> None:
    sink = ListSink()
    pipeline = _pipeline(ListSource(10**9), sink, frame_limit=7)
    pipeline.swap(_plan(PaintEffect()))
    pipeline.run()
    assert [picture.index for picture in sink.pictures] == list(range(7))


def test_a_plan_that_raises_gives_the_card_and_is_counted() -> None:
    def broken(estimate: Estimate) -> Estimate:
        raise RuntimeError("out of memory")

    sink, meter = ListSink(), Meter()
    pipeline = _pipeline(ListSource(40), sink, meter=meter)
    pipeline.swap(_plan(PaintEffect(BOTH), FakeEstimator(fault=broken, from_index=10, every=2), meter))
    pipeline.run()
    hidden = [index >= 10 and index % 2 == 0 for index in range(40)]
    assert _is_card(sink) == hidden
    for picture in sink.pictures:
        if picture.index == CARD_INDEX:
            np.testing.assert_array_equal(picture.bgr, CARD.bgr)
    assert (meter.snapshot().faults, meter.snapshot().last_fault) == (15, "out of memory")


def test_a_card_that_nobody_took_is_never_painted_on() -> None:
    def broken(estimate: Estimate) -> Estimate:
        raise RuntimeError("out of memory")

    # Many more frames than pictures: cards and pictures displace each other in the slot.
    source = ListSource(3000, live=True)
    sink = ListSink()
    card = Canvas(CARD.bgr.copy(), None)
    pipeline = Pipeline(
        source=source, open_sinks=lambda: [sink], card=card, timing=Timing(fps=50, max_age_ns=10**9), meter=Meter()
    )
    pipeline.swap(_plan(PaintEffect(BOTH), FakeEstimator(fault=broken, every=2)))
    pipeline.run()
    np.testing.assert_array_equal(card.bgr, CARD.bgr)


def test_before_the_first_plan_a_live_camera_gives_the_card() -> None:
    sink = ListSink()
    source = ListSource(10**9, live=True, interval_s=0.005)
    pipeline = _pipeline(source, sink, timing=Timing(fps=100, max_age_ns=AGES_NS))

    def later() -> None:
        _wait(lambda: len(sink.pictures) >= 5)
        pipeline.swap(_plan(PaintEffect()))
        _wait(lambda: not sink.pictures[-1].is_card)
        pipeline.stop()

    thread = threading.Thread(target=later)
    thread.start()
    pipeline.run()
    thread.join()
    cards = _is_card(sink)
    assert all(cards[:5])
    assert not any(cards[cards.index(False) :])


def test_a_hung_estimator_gives_the_card_and_stop_still_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.pipeline.pipeline._JOIN_S", 0.7)
    hang, hung = threading.Event(), threading.Event()
    since: list[int] = []

    def hanging(estimate: Estimate) -> Estimate:
        if False in _is_card(sink):  # on a busy machine the first ones may be too old
            since.append(len(sink.pictures))
            hung.set()
            hang.wait(60)
        return estimate

    sink = ListSink()
    source = ListSource(10**9, live=True, interval_s=0.005)
    pipeline = _pipeline(source, sink, timing=Timing(fps=100, max_age_ns=50_000_000))
    pipeline.swap(_plan(PaintEffect(BOTH), FakeEstimator(fault=hanging, from_index=20)))

    # One that was made before may be shown until it is old: the first of twelve, or none.
    _stop_when(pipeline, lambda: hung.is_set() and len(sink.pictures) > since[0] + 12 and all(_is_card(sink)[-10:]))
    pipeline.run()
    hang.set()
    assert _is_card(sink)[-10:] == [True] * 10
    assert not all(_is_card(sink))


def test_the_last_picture_is_repeated_when_none_comes() -> None:
    sink, meter, go_on = ListSink(), Meter(), threading.Event()

    def paint(index: int, size: Size) -> Pixels:
        if index == 5:
            go_on.wait(60)
        return np.zeros((size.height, size.width, 3), np.uint8)

    source = ListSource(10**9, live=True, interval_s=0.005, paint=paint)
    pipeline = _pipeline(source, sink, timing=Timing(fps=100, max_age_ns=AGES_NS), meter=meter)
    pipeline.swap(_plan(PaintEffect()))

    def shown() -> list[int]:
        return [picture.index for picture in sink.pictures if not picture.is_card]

    def go_on_when_repeated() -> bool:
        if shown().count(4) > 20:
            go_on.set()
        return bool(shown()) and shown()[-1] > 20

    _stop_when(pipeline, go_on_when_repeated)
    pipeline.run()
    assert shown() == sorted(shown())
    assert len(set(shown())) < len(shown())
    assert meter.snapshot().repeats >= 20


def test_privacy_hides_and_shows_again() -> None:
    sink = ListSink()
    source = ListSource(10**9, live=True, interval_s=0.005)
    pipeline = _pipeline(source, sink, timing=Timing(fps=100, max_age_ns=AGES_NS))
    pipeline.swap(_plan(PaintEffect()))

    def toggle() -> None:
        _wait(lambda: any(not card for card in _is_card(sink)))
        pipeline.privacy.set()
        _wait(lambda: sink.pictures[-1].is_card)
        start = len(sink.pictures)
        _wait(lambda: len(sink.pictures) > start + 5)
        marks.append((start, len(sink.pictures)))
        pipeline.privacy.clear()
        _wait(lambda: not sink.pictures[-1].is_card)
        pipeline.stop()

    marks: list[tuple[int, int]] = []
    thread = threading.Thread(target=toggle)
    thread.start()
    pipeline.run()
    thread.join()
    start, end = marks[0]
    assert all(_is_card(sink)[start:end])


def test_a_swapped_plan_is_used_from_then_on_and_the_old_one_closed_once() -> None:
    first, second = PaintEffect(), PaintEffect()
    sink = ListSink()
    pipeline = _pipeline(ListSource(10**9, live=True, interval_s=0.002), sink, timing=Timing(100, 10**9))
    pipeline.swap(_plan(first))

    def swap() -> None:
        _wait(lambda: len(first.scenes) > 3)
        pipeline.swap(_plan(second))
        _wait(lambda: len(second.scenes) > 3)
        pipeline.stop()

    thread = threading.Thread(target=swap)
    thread.start()
    pipeline.run()
    thread.join()
    assert (first.closed, second.closed) == (1, 1)
    assert first.scenes[-1].frame.index < second.scenes[0].frame.index


class _White(PaintEffect):
    def render(self, scene: Scene, out: Canvas) -> None:
        super().render(scene, out)
        out.bgr[:] = 255


def test_after_a_swap_that_hides_more_nothing_older_is_shown_even_where_no_frame_comes() -> None:
    """Who has chosen to be blurred sees no more of the room, also where the camera stalls at that moment."""
    sink, stalled, go_on = ListSink(), threading.Event(), threading.Event()

    def paint(index: int, size: Size) -> Pixels:
        if index == 5:
            stalled.set()
            go_on.wait(60)
        return np.zeros((size.height, size.width, 3), np.uint8)

    source = ListSource(10**9, live=True, interval_s=0.005, paint=paint)
    pipeline = _pipeline(source, sink, timing=Timing(fps=100, max_age_ns=AGES_NS))
    first, second = _White(), PaintEffect()
    pipeline.swap(_plan(first))
    marks: list[int] = []

    def swap() -> None:
        stalled.wait(60)
        # Where the machine is busy, frames are dropped.
        _wait(lambda: bool(first.scenes) and not sink.pictures[-1].is_card)
        pipeline.swap(_plan(_White()))
        start = len(sink.pictures)
        _wait(lambda: len(sink.pictures) > start + 5)
        assert not sink.pictures[-1].is_card, "another swap leaves the picture"
        pipeline.swap(_plan(second), hides_more=True)
        # One may have been chosen before.
        marks.append(len(sink.pictures) + 1)
        _wait(lambda: len(sink.pictures) > marks[0] + 5)
        marks.append(len(sink.pictures))
        go_on.set()
        _wait(lambda: not sink.pictures[-1].is_card)
        pipeline.stop()

    thread = threading.Thread(target=swap)
    thread.start()
    pipeline.run()
    thread.join()
    assert len(marks) == 2
    assert all(_is_card(sink)[marks[0] : marks[1]])
    assert first.closed == second.closed == 1


def test_the_card_reaches_the_outputs_that_are_written_after_it_was_asked_for() -> None:
    class Hides(ListSink):
        def write(self, picture: Picture) -> None:
            super().write(picture)
            if len(self.pictures) == 3:
                pipeline.privacy.set()

    hides, second, tap = Hides(), ListSink(), ListSink()
    pipeline = Pipeline(
        source=ListSource(3), open_sinks=lambda: [hides, second], card=CARD, timing=LOSSLESS, meter=Meter(), taps=[tap]
    )
    pipeline.swap(_plan(PaintEffect()))
    pipeline.run()
    assert [_is_card(sink) for sink in (hides, second, tap)] == [
        [False] * 3,
        [False, False, True],
        [False, False, True],
    ]


@pytest.mark.parametrize("off_ns", [-(10**9), 10**10])
def test_pictures_of_another_time_are_never_shown_and_it_is_said_why(
    off_ns: int, caplog: pytest.LogCaptureFixture
) -> None:
    """As old as with `matte.sync`, where an earlier frame is shown, or of a clock that runs ahead."""
    sink, meter = ListSink(), Meter()

    source = ListSource(10**9, live=True, interval_s=0.005)
    pipeline = _pipeline(source, sink, timing=Timing(fps=100, max_age_ns=500_000_000), meter=meter)
    effect = PaintEffect()
    plan = _plan(effect)
    render = plan.render

    def of_another_time(frame: Frame, out: Canvas) -> Scene:
        return replace(render(frame, out), frame=replace(frame, captured_ns=frame.captured_ns + off_ns))

    plan.render = of_another_time  # type: ignore[method-assign]
    pipeline.swap(plan)
    _stop_when(pipeline, lambda: len(effect.scenes) > 5 and meter.snapshot().faults > 1)
    pipeline.run()
    assert all(_is_card(sink))
    text = "pictures are older than 500 ms (privacy.max_matte_age_ms) when they are made"
    assert meter.snapshot().last_fault == text
    # A busy machine may have more to say.
    assert [line for line in caplog.messages if "privacy card" in line] == [f"the privacy card is shown: {text}"]


def test_a_plan_that_cannot_go_on_from_the_one_before_stands_for_itself() -> None:
    first, second = PaintEffect(), PaintEffect()
    pipeline = _pipeline(ListSource(10**9, live=True, interval_s=0.002), ListSink(), timing=Timing(100, 10**9))
    pipeline.swap(_plan(first))
    plan = _plan(second)

    def fails(earlier: object) -> None:
        raise RuntimeError("a plug-in's bug")

    def swap() -> None:
        _wait(lambda: len(first.scenes) > 3)
        plan.go_on_from = fails  # type: ignore[method-assign]
        pipeline.swap(plan)
        _wait(lambda: len(second.scenes) > 3)
        pipeline.stop()

    thread = threading.Thread(target=swap)
    thread.start()
    pipeline.run()
    thread.join()
    assert (first.closed, second.closed) == (1, 1)


def test_a_lost_camera_is_said_opened_again_and_resets_the_plan(caplog: pytest.LogCaptureFixture) -> None:
    second = ListSource(10**9, live=True, interval_s=0.005)
    tries: list[int] = []

    def paint(index: int, size: Size) -> Pixels:
        if index == 9:
            _wait(lambda: False in _is_card(sink))
        return np.zeros((size.height, size.width, 3), np.uint8)

    def reopen() -> Source:
        tries.append(1)
        if len(tries) == 1:
            raise DeviceUnavailable("still gone")
        _wait(lambda: sink.pictures[-1].is_card)
        return second

    sink, estimator = ListSink(), FakeEstimator()
    first = ListSource(10**9, live=True, interval_s=0.005, dies_at=10, paint=paint)
    # A busy machine makes no picture that is older: that would be said, too.
    pipeline = _pipeline(first, sink, timing=Timing(100, 3 * 10**9), reopen=reopen)
    pipeline.swap(_plan(PaintEffect(BOTH), estimator))
    _stop_when(pipeline, lambda: estimator.resets > 0 and not sink.pictures[-1].is_card)
    pipeline.run()
    assert first.closed == second.closed == 1
    assert [record.message for record in caplog.records] == [
        "the camera was unplugged; the privacy card is shown until it is back",
        "list is back",
    ]
    cards = _is_card(sink)
    assert any(cards[cards.index(False) :])


def test_a_lost_file_ends_the_run_with_its_error_after_the_sinks_are_closed() -> None:
    sink = ListSink()
    pipeline = _pipeline(ListSource(10**9, dies_at=10), sink)
    pipeline.swap(_plan(PaintEffect()))
    with pytest.raises(DeviceLost, match="unplugged"):
        pipeline.run()
    assert sink.closed == 1
    assert [picture.index for picture in sink.pictures] == list(range(10)), "what was read before is written"


def test_a_camera_that_cannot_be_opened_for_whatever_reason_is_tried_again() -> None:
    second = ListSource(10**9, live=True, interval_s=0.005)
    tries: list[int] = []

    def reopen() -> Source:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("a driver's own kind of error")
        return second

    estimator = FakeEstimator()
    first = ListSource(10**9, live=True, interval_s=0.005, dies_at=2)
    pipeline = _pipeline(first, ListSink(), timing=Timing(100, 100_000_000), reopen=reopen)
    pipeline.swap(_plan(PaintEffect(BOTH), estimator))
    _stop_when(pipeline, lambda: estimator.resets > 0)
    pipeline.run()
    assert second.closed == 1


class _Recording(ListSink):
    keeps_time = True


def test_a_recording_that_was_lost_is_the_runs_error_when_all_else_has_ended_well() -> None:
    dying, living = _Recording(dies_at=5, name="talk.mp4"), ListSink()
    pipeline = _pipeline(ListSource(20), dying, living)
    pipeline.swap(_plan(PaintEffect()))
    with pytest.raises(DeviceLost, match=r"^talk\.mp4 went away"):
        pipeline.run()
    assert (len(dying.pictures), len(living.pictures), living.closed) == (5, 20, 1)


def test_a_recording_that_cannot_be_finished_is_the_runs_error() -> None:
    class Full(_Recording):
        def close(self) -> None:
            super().close()
            raise DeviceLost("talk.mp4: the last frames were lost")

    full, living = Full(), ListSink()
    pipeline = _pipeline(ListSource(20), full, living)
    pipeline.swap(_plan(PaintEffect()))
    with pytest.raises(DeviceLost, match="the last frames were lost"):
        pipeline.run()
    assert (len(full.pictures), len(living.pictures), living.closed) == (20, 20, 1)


def test_one_sink_that_dies_leaves_the_others_going() -> None:
    dying, living, meter = ListSink(dies_at=5, name="dying"), ListSink(), Meter()
    pipeline = _pipeline(ListSource(20), dying, living, meter=meter)
    pipeline.swap(_plan(PaintEffect()))
    pipeline.run()
    assert (len(dying.pictures), len(living.pictures)) == (5, 20)
    assert dying.closed >= 1
    assert meter.snapshot().ended_sinks == ("dying",)


class _Broken(ListSink):
    """Fails in ways no sink should."""

    def write(self, picture: Picture) -> None:
        raise RuntimeError("not my day")

    def close(self) -> None:
        raise OSError("not even this")


def test_a_sink_with_a_bug_leaves_the_others_going_and_closed() -> None:
    living = ListSink()
    pipeline = _pipeline(ListSource(20), _Broken(), living)
    pipeline.swap(_plan(PaintEffect()))
    pipeline.run()
    assert (len(living.pictures), living.closed) == (20, 1)


@pytest.mark.parametrize(("fps", "pictures"), [(30, 60), (15, 30), (60, 120), (12, 24), (29.97, 60)])
def test_from_file_to_file_another_rate_keeps_the_duration(fps: float, pictures: int) -> None:
    sink = ListSink()
    pipeline = _pipeline(ListSource(60), sink, timing=Timing(fps, 10**9, lossless=True, source_fps=30.0))
    pipeline.swap(_plan(PaintEffect()))
    pipeline.run()
    assert len(sink.pictures) == pictures
    indices = [picture.index for picture in sink.pictures]
    assert indices == sorted(indices)
    assert indices[-1] >= 57


class _TimedSource(ListSource):
    """Frames at times of their own."""

    def __init__(self, times_s: list[float]) -> None:
        super().__init__(len(times_s))
        self._times_s = times_s

    @property
    def position_s(self) -> float:
        return self._times_s[max(0, self._next - 1)]


@pytest.mark.parametrize(
    ("ticks", "indices"),
    [
        ([0, 0.6, 2.4, 2.6, 4.9, 4.1], [0, 1, 2, 3, 4, 5]),
        ([0, 1, 4.1, 5.1], [0, 1, 1, 1, 2, 3]),
        ([0, 1, 1.4, 1.8, 2.2, 2.6, 3.1, 3.4, 3.8], [0, 1, 3, 5, 8]),
        ([0, 1, 1000.1, 1001.1], [0] + [1] * 999 + [2, 3]),
    ],
)
def test_from_file_to_file_frames_stand_as_long_as_in_the_file(ticks: list[float], indices: list[int]) -> None:
    sink = ListSink()
    timing = Timing(30, 10**9, lossless=True, source_fps=30.0)
    pipeline = _pipeline(_TimedSource([tick / 30 for tick in ticks]), sink, timing=timing)
    pipeline.swap(_plan(PaintEffect()))
    pipeline.run()
    assert [picture.index for picture in sink.pictures] == indices


def test_from_file_to_file_time_is_the_files() -> None:
    effect = PaintEffect()
    timing = Timing(25, 10**9, lossless=True, source_fps=25.0)
    pipeline = _pipeline(ListSource(10), ListSink(), timing=timing)
    pipeline.swap(_plan(effect))
    pipeline.run()
    assert [scene.frame.captured_ns for scene in effect.scenes] == [k * 40_000_000 for k in range(10)]


def test_a_recording_gets_the_pictures_of_windows_a_stall_swallowed() -> None:
    class Stalling(ListSink):
        def write(self, picture: Picture) -> None:
            super().write(picture)
            if not picture.is_card and _is_card(self).count(False) == 10:
                # Until its first plan a recording gets nothing, and of this picture not yet.
                ahead.append(len(self.pictures) - len(recording.pictures))
                time.sleep(0.5)

    ahead: list[int] = []
    recording, stalling = _Recording(), Stalling()
    pipeline = _pipeline(
        ListSource(10**9, live=True, interval_s=0.005), stalling, recording, timing=Timing(fps=100, max_age_ns=AGES_NS)
    )
    pipeline.swap(_plan(PaintEffect()))
    # A busy machine has less time for what is owed; it comes, and what other stalls have swallowed besides.
    _stop_when(pipeline, lambda: bool(ahead) and len(recording.pictures) >= len(stalling.pictures) - ahead[0] + 40)
    pipeline.run()
    assert len(recording.pictures) >= len(stalling.pictures) - ahead[0] + 40


def test_a_recording_that_is_too_slow_holds_up_neither_the_others_nor_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Slow(_Recording):
        def write(self, picture: Picture) -> None:
            super().write(picture)
            time.sleep(0.02)

    class Other(ListSink):
        def write(self, picture: Picture) -> None:
            super().write(picture)
            so_far.append(len(slow.pictures))

    so_far: list[int] = []
    slow, other = Slow(), Other()
    timing = Timing(fps=200, max_age_ns=AGES_NS)
    pipeline = _pipeline(ListSource(10**9, live=True, interval_s=0.005), slow, other, timing=timing)
    pipeline.swap(_plan(PaintEffect()))
    # Before its first plan it gets none.
    _stop_when(pipeline, lambda: _is_card(other).count(False) > 20)
    pipeline.run()
    between = [later - earlier for earlier, later in pairwise(so_far) if earlier]
    # Not on the average: where a busy machine has stalled in one write, that is the time for others, once.
    assert 0 < median(between) <= 3
    assert "recordings are too short by " in caplog.text


def test_a_run_that_fails_before_its_first_plan_writes_no_card_over_an_earlier_recording() -> None:
    recording, camera = _Recording(), ListSink()
    source = ListSource(10**9, live=True, interval_s=0.005)
    pipeline = _pipeline(source, recording, camera, timing=Timing(fps=100, max_age_ns=10**9))

    def fail() -> None:
        while len(camera.pictures) < 5:
            time.sleep(0.005)
        pipeline.fail(DeviceUnavailable("no network"))

    failing = threading.Thread(target=fail)
    failing.start()
    with pytest.raises(DeviceUnavailable, match="no network"):
        pipeline.run()
    failing.join()
    assert all(_is_card(camera))
    assert recording.pictures == []


def test_the_last_sink_that_dies_ends_the_run() -> None:
    pipeline = _pipeline(ListSource(10**9), ListSink(dies_at=5))
    pipeline.swap(_plan(PaintEffect()))
    with pytest.raises(DeviceLost, match="list went away"):
        pipeline.run()


def test_a_tap_sees_every_picture_but_keeps_no_run_alive() -> None:
    tap = ListSink()
    pipeline = Pipeline(
        source=ListSource(10**9),
        open_sinks=lambda: [ListSink(dies_at=5)],
        card=CARD,
        timing=LOSSLESS,
        meter=Meter(),
        taps=[tap],
    )
    pipeline.swap(_plan(PaintEffect()))
    with pytest.raises(DeviceLost, match="list went away"):
        pipeline.run()
    assert [picture.index for picture in tap.pictures] == list(range(5))


def test_sinks_that_do_not_open_close_the_source_and_the_plan() -> None:
    def no_sinks() -> list[Sink]:
        raise DeviceUnavailable("no virtual camera")

    source, effect = ListSource(5), PaintEffect()
    pipeline = Pipeline(source=source, open_sinks=no_sinks, card=CARD, timing=LOSSLESS, meter=Meter())
    pipeline.swap(_plan(effect))
    with pytest.raises(DeviceUnavailable, match="no virtual camera"):
        pipeline.run()
    assert (source.closed, effect.closed) == (1, 1)


def test_the_first_error_wins_and_reaches_the_caller() -> None:
    pipeline = _pipeline(ListSource(10**9, live=True, interval_s=0.01), ListSink(), timing=Timing(100, 10**9))
    pipeline.fail(DeviceLost("first"))
    pipeline.fail(DeviceLost("second"))
    with pytest.raises(DeviceLost, match="first"):
        pipeline.run()


def test_no_thread_outlives_many_runs() -> None:
    before = threading.active_count()
    for _ in range(20):
        pipeline = _pipeline(ListSource(3), ListSink())
        pipeline.swap(_plan(PaintEffect()))
        pipeline.run()
    _wait(lambda: threading.active_count() <= before)


def _wait(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("what was waited for did not happen")
        time.sleep(0.002)


def _stop_when(pipeline: Pipeline, condition: Callable[[], bool]) -> None:
    def watch() -> None:
        try:
            _wait(condition)
        finally:
            pipeline.stop()

    threading.Thread(target=watch).start()
