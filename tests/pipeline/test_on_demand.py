"""A source that is closed while nobody looks at the outputs, and opened again when somebody does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from support.fakes import FakeEstimator, ListSink, ListSource, NearestRefiner, PaintEffect, crop_fit

from livecut.errors import DeviceUnavailable
from livecut.pipeline import output
from livecut.pipeline.demand import Demand
from livecut.pipeline.meter import Meter
from livecut.pipeline.pipeline import Pipeline
from livecut.pipeline.plan import Plan
from livecut.pipeline.timing import Timing
from livecut.protocols import Need, Sink, Source
from livecut.types import Canvas, Size

SIZE = Size(64, 36)
CARD = Canvas(np.full((SIZE.height, SIZE.width, 3), (9, 200, 77), np.uint8), None)
TIMING = Timing(fps=100, max_age_ns=200_000_000)


class WatchedSink(ListSink):
    """Says what the test wants of who watches it."""

    watched: bool | None = False

    @property
    def shows_card(self) -> bool:
        return bool(self.pictures) and self.pictures[-1].is_card

    @property
    def shows_picture(self) -> bool:
        return bool(self.pictures) and not self.pictures[-1].is_card

    def is_watched(self) -> bool | None:
        return self.watched


class Cameras:
    """One camera that is opened again and again; what is open of it, and how often it was."""

    def __init__(self, *, refusals: int = 0) -> None:
        self.opened: list[ListSource] = []
        self.tries, self._refusals = 0, refusals

    def open(self) -> Source:
        self.tries += 1
        if 0 < self.tries - 1 <= self._refusals:
            raise DeviceUnavailable("camera 0 is busy: another program uses it")
        self.opened.append(ListSource(10**9, live=True, interval_s=0.004))
        return self.opened[-1]

    @property
    def is_open(self) -> bool:
        return not self.opened[-1].closed

    def wait_for_rest(self, sink: WatchedSink) -> None:
        _wait(lambda: not self.is_open)
        _wait(lambda: sink.shows_card)  # what was read before may be shown for a moment

    def wait_for_picture(self, sink: WatchedSink, times: int) -> None:
        """Once it has been opened so many times and shows something."""
        _wait(lambda: len(self.opened) == times and sink.shows_picture)


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "Demand", partial(Demand, rest_after_s=0.3))


def _run(
    script: Callable[[], None],
    cameras: Cameras,
    sinks: Sequence[Sink],
    *,
    taps: Sequence[Sink] = (),
    meter: Meter | None = None,
    estimator: FakeEstimator | None = None,
) -> None:
    """Run a pipeline on these, while another thread does what the script says, and then ends it."""
    meter = meter or Meter()
    pipeline = Pipeline(
        source=cameras.open(), open_sinks=lambda: sinks, card=CARD, timing=TIMING, meter=meter, taps=taps,
        reopen=cameras.open, on_demand=True,
    )  # fmt: skip
    needs = frozenset({Need.MATTE, Need.DEPTH})
    effect, estimators = PaintEffect(needs if estimator else frozenset()), (estimator,) if estimator else ()
    pipeline.swap(
        Plan(
            size=SIZE,
            fit=crop_fit,
            estimators=estimators,
            refiner=NearestRefiner(),
            effect=effect,
            meter=meter,
            max_age_ns=10**9,
        )
    )
    failures: list[BaseException] = []

    def act() -> None:
        try:
            script()
        except BaseException as error:
            failures.append(error)
        finally:
            pipeline.stop()

    thread = threading.Thread(target=act)
    thread.start()
    pipeline.run()
    thread.join()
    if failures:
        raise failures[0]


def _wait(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.002)


def test_the_camera_is_open_while_somebody_watches_and_no_longer() -> None:
    cameras, sink, meter, estimator = Cameras(), WatchedSink(), Meter(), FakeEstimator()
    rests: list[str] = []

    def script() -> None:
        cameras.wait_for_rest(sink)
        _wait(lambda: meter.snapshot().instead)
        rests.append(meter.snapshot().instead)
        for times in (2, 3):
            sink.watched = True
            cameras.wait_for_picture(sink, times)
            assert cameras.is_open
            assert meter.snapshot().instead == ""
            sink.watched = False
            cameras.wait_for_rest(sink)

    _run(script, cameras, [sink], meter=meter, estimator=estimator)
    assert rests == ["the camera is closed until somebody looks at the virtual camera"]
    assert all(camera.closed for camera in cameras.opened)
    assert estimator.resets >= 2, "what was remembered is of another time"


def test_who_closes_and_opens_again_at_once_has_it_all_along() -> None:
    cameras, sink = Cameras(), WatchedSink()
    sink.watched = True

    def script() -> None:
        for _ in range(3):
            sink.watched = True
            _wait(lambda: sink.shows_picture)
            time.sleep(0.3)
            sink.watched = False
            time.sleep(0.02)
        sink.watched = True
        time.sleep(0.3)

    _run(script, cameras, [sink])
    assert len(cameras.opened) == 1


@pytest.mark.parametrize("other", [None, "window"])
def test_where_it_cannot_be_told_somebody_watches(other: str | None) -> None:
    cameras, sink = Cameras(), WatchedSink()
    sink.watched = None if other is None else False
    sinks = [sink] if other is None else [sink, ListSink(name=other)]

    def script() -> None:
        _wait(lambda: sum(not picture.is_card for picture in sink.pictures) > 100)

    _run(script, cameras, sinks)
    assert len(cameras.opened) == 1


@pytest.mark.parametrize("tap", [WatchedSink(), ListSink()])
def test_a_tap_counts_where_it_says_that_somebody_looks(tap: ListSink) -> None:
    cameras, sink = Cameras(), WatchedSink()

    def script() -> None:
        cameras.wait_for_rest(sink)
        if isinstance(tap, WatchedSink):
            tap.watched = True
            cameras.wait_for_picture(tap, 2)
        else:
            written = len(tap.pictures)
            _wait(lambda: len(tap.pictures) > written + 3)
            assert not cameras.is_open

    _run(script, cameras, [sink], taps=[tap])


def test_a_camera_that_another_program_has_meanwhile_is_said_once_and_tried_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livecut.pipeline.pipeline._RETRY_S", 0.01)
    cameras, sink = Cameras(refusals=3), WatchedSink()

    def script() -> None:
        cameras.wait_for_rest(sink)
        sink.watched = True
        cameras.wait_for_picture(sink, 2)

    _run(script, cameras, [sink])
    assert cameras.tries == 5
    told = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["camera 0 is busy: another program uses it; the privacy card is shown"]


def test_cards_come_less_often_while_it_rests_and_it_ends_at_once() -> None:
    cameras, sink = Cameras(), WatchedSink()
    rates: list[float] = []

    def script() -> None:
        cameras.wait_for_rest(sink)
        written, since_s = len(sink.pictures), time.monotonic()
        _wait(lambda: len(sink.pictures) >= written + 4)
        rates.append((len(sink.pictures) - written) / (time.monotonic() - since_s))

    _run(script, cameras, [sink])
    assert rates[0] < TIMING.fps / 4
    assert len(cameras.opened) == 1


def test_what_cannot_be_opened_again_cannot_rest() -> None:
    with pytest.raises(ValueError, match="cannot rest"):
        Pipeline(
            source=ListSource(1), open_sinks=list, card=CARD, timing=TIMING, meter=Meter(), on_demand=True
        )  # fmt: skip


def test_a_camera_lost_while_nobody_looks_is_opened_when_somebody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.pipeline.pipeline._RETRY_S", 0.01)
    cameras, sink = Cameras(), WatchedSink()
    sink.watched = True
    opened = cameras.open

    def open_one_that_dies() -> Source:
        source = opened()
        assert isinstance(source, ListSource)
        source._dies_at = 5 if len(cameras.opened) == 1 else None
        return source

    monkeypatch.setattr(cameras, "open", open_one_that_dies)

    def script() -> None:
        sink.watched = False
        cameras.wait_for_rest(sink)
        time.sleep(0.5)
        assert cameras.tries <= 3, "while somebody may still have looked, and no more"
        tries = cameras.tries
        time.sleep(0.3)
        assert cameras.tries == tries
        sink.watched = True
        _wait(lambda: cameras.is_open and sink.shows_picture)

    _run(script, cameras, [sink])


def test_nothing_of_before_a_rest_is_shown_in_it_or_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """However old pictures may be."""
    cameras, sink = Cameras(), WatchedSink()
    monkeypatch.setattr("livecut.pipeline.pipeline._RETRY_S", 0.01)
    opened, go_on = cameras.open, threading.Event()

    def open_late() -> Source:
        if cameras.opened:
            assert go_on.wait(60)
        return opened()

    monkeypatch.setattr(cameras, "open", open_late)
    kept = replace(TIMING, max_age_ns=10**12)
    monkeypatch.setitem(globals(), "TIMING", kept)
    sink.watched = True

    def script() -> None:
        _wait(lambda: sink.shows_picture)
        sink.watched = False
        cameras.wait_for_rest(sink)
        sink.watched = True
        written = len(sink.pictures)
        _wait(lambda: len(sink.pictures) > written + 50)
        assert all(picture.is_card for picture in sink.pictures[written:])
        go_on.set()
        _wait(lambda: sink.shows_picture)

    _run(script, cameras, [sink])


class OddSink(ListSink):
    """A plug-in's."""

    is_watched: object = False


class FailingSink(ListSink):
    def is_watched(self) -> bool:
        raise OSError("too many open files")


@pytest.mark.parametrize("odd", [OddSink(name="odd"), FailingSink(name="odd")])
def test_one_that_cannot_say_who_looks_ends_nothing_and_is_told_of_once(
    odd: ListSink, caplog: pytest.LogCaptureFixture
) -> None:
    cameras, sink = Cameras(), WatchedSink()

    def script() -> None:
        _wait(lambda: sum(not picture.is_card for picture in sink.pictures) > 100)

    _run(script, cameras, [sink, odd])
    assert len(cameras.opened) == 1
    told = [record.message for record in caplog.records if "who looks" in record.message]
    assert len(told) == 1 and told[0].startswith("odd cannot tell who looks at it: ")


def test_why_a_camera_that_is_wanted_is_not_open_is_told_and_again_the_next_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("livecut.pipeline.pipeline._RETRY_S", 0.01)
    cameras, sink, meter = Cameras(refusals=10**9), WatchedSink(), Meter()
    busy = "camera 0 is busy: another program uses it"

    def script() -> None:
        for _ in range(2):
            sink.watched = False
            _wait(lambda: meter.snapshot().instead.startswith("the camera is closed"))
            sink.watched = True
            _wait(lambda: meter.snapshot().instead == busy)

    _run(script, cameras, [sink], meter=meter)
    assert [record.message for record in caplog.records] == [f"{busy}; the privacy card is shown"] * 2


def test_a_camera_that_complains_when_it_is_closed_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cameras, sink = Cameras(), WatchedSink()
    close = ListSource.close

    def complains(source: ListSource) -> None:
        close(source)
        if len(cameras.opened) == 1:
            raise RuntimeError("the driver's own complaint")

    monkeypatch.setattr(ListSource, "close", complains)

    def script() -> None:
        cameras.wait_for_rest(sink)
        sink.watched = True
        cameras.wait_for_picture(sink, 2)

    _run(script, cameras, [sink])
    assert "list was not closed: the driver's own complaint" in caplog.messages
