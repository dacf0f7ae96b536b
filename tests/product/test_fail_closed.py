"""No raw picture leaves unless the effect is `none`: every effect, 1,000 frames, with parts that fail on purpose."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from support.fakes import ListSource
from support.markers import (
    DETAIL_SHARE,
    MARKER_SHARE,
    SIZE,
    RoomEstimator,
    code_is_readable,
    fine_detail,
    marker_pixels,
    paint_room,
)

from livecut import plugins
from livecut.app import backdrops
from livecut.app.build import build_plan
from livecut.app.card import paint_card
from livecut.errors import DeviceLost
from livecut.estimators.kept import Kept
from livecut.estimators.smoothed import Smoothed
from livecut.pipeline.meter import Meter
from livecut.pipeline.pipeline import Pipeline
from livecut.pipeline.timing import Timing
from livecut.protocols import Estimator
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Estimate, Frame, Picture, Size, SoftMatte

FRAMES = 1000
EFFECTS = sorted(set(plugins.names("effects")) - {"none"})
_SAMPLES = {index: paint_room(index) for index in range(32)}


def _paint(index: int, size: Size) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return _SAMPLES[index % len(_SAMPLES)]


class FaultyEstimator(RoomEstimator):
    """Right on most frames; raises, answers NaN, infinity, a wrong size or nothing on the others; may hang once."""

    def __init__(self, *, hang_s: float = 0.0) -> None:
        super().__init__()
        self._hang_s = hang_s
        self.begun = False
        """Nothing fails while a plan is warmed."""

    def estimate(self, frame: Frame) -> Estimate:
        """The truth or the frame's fault."""
        estimate = super().estimate(frame)
        assert estimate.matte is not None
        if not self.begun:
            return estimate
        if self._hang_s and frame.index == 40:
            time.sleep(self._hang_s)
        fault = frame.index % 10
        if fault == 1:
            raise RuntimeError("the accelerator was lost")
        if fault == 3:
            estimate.matte.alpha[:] = np.nan
        if fault == 5:
            wide = np.ones((45, 90), np.float32)
            return Estimate(SoftMatte(wide, frame.index, frame.captured_ns), estimate.depth)
        if fault == 7:
            assert estimate.depth is not None
            estimate.depth.nearness[20, 20] = np.inf
            estimate.matte.alpha[20, 20] = -np.inf
        if fault == 9:
            return Estimate()
        return estimate


class LyingAboutHeld(FaultyEstimator):
    """Right about the person; what she holds is no coverage, of another size or kind, old, or all of the room."""

    def estimate(self, frame: Frame) -> Estimate:
        """The truth, and the frame's lie."""
        estimate = RoomEstimator.estimate(self, frame)
        matte = estimate.matte
        assert matte is not None
        told, when = matte.alpha.copy(), frame.captured_ns
        fault = frame.index % 10 if self.begun else 0
        if fault == 1:
            told[20, 20] = np.nan
        if fault == 2:
            told[:] = 1.0
        if fault == 3:
            told[5, 70] = np.inf
        if fault == 4:
            told[:, 40:] = 1.0
        if fault == 5:
            told = np.ones((45, 90), np.float32)
        if fault == 6:
            told[::2, ::2] = told[:10, :10] = told[30:, 70:] = 1.0
        if fault == 7:
            told = told.astype(np.float64)
        if fault == 9:
            when -= 10**9
        return replace(estimate, held=SoftMatte(told, frame.index, when))


class LeakSink:
    """Looks at each picture with every detector and keeps what it saw, not the picture."""

    name = "leak detector"

    def __init__(self, *, stop_after: int | None = None) -> None:
        self.seen = self.cards = self.readable = 0
        self.markers: list[int] = []
        self.detail: list[float] = []
        self.pipeline: Pipeline | None = None
        self._card: Picture | None = None
        self._stop_after = stop_after

    def write(self, picture: Picture) -> None:
        """Detect."""
        self.seen += 1
        self.cards += picture.is_card
        if self.seen == self._stop_after and self.pipeline is not None:
            self.pipeline.stop()
        if picture.is_card:
            if self._card is not None:  # looked at already, as long as it is the same one
                np.testing.assert_array_equal(picture.bgr, self._card.bgr)
                return
            self._card = Picture(picture.bgr.copy(), None, picture.index, picture.captured_ns)
        bgr = picture.bgr
        if picture.alpha is not None:  # what a viewer sees through transparency
            bgr = (bgr.astype(np.uint16) * (picture.alpha[:, :, None] > 8)).astype(np.uint8)
        self.markers.append(marker_pixels(bgr))
        self.detail.append(fine_detail(bgr))
        candidates = range(len(_SAMPLES)) if picture.is_card else [picture.index % len(_SAMPLES)]
        self.readable += any(code_is_readable(bgr, index) for index in candidates)

    def close(self) -> None:
        """Nothing to close."""


def _settings(effect: str) -> Settings:
    return apply(Settings(), {"effect": {"name": effect, "replace": {"background": "#203040"}}})


def _run(
    effect: str,
    estimator: Estimator,
    source: ListSource,
    sink: LeakSink,
    timing: Timing,
    *,
    background: str = "#203040",
) -> Meter:
    settings = apply(_settings(effect), {"effect": {"replace": {"background": background}}})
    meter = Meter()
    plan = build_plan(settings, SIZE, meter, estimators=(estimator,))
    ahead = [estimator]
    while ahead:
        one = ahead.pop()
        ahead += getattr(one, "inner", ())
        if isinstance(one, FaultyEstimator):
            one.begun = True
    card = paint_card(settings.privacy, SIZE)
    pipeline = Pipeline(source=source, open_sinks=lambda: [sink], card=card, timing=timing, meter=meter)
    sink.pipeline = pipeline
    pipeline.swap(plan)
    pipeline.run()
    return meter


def _assert_hidden(effect: str, sink: LeakSink) -> None:
    raw_detail = fine_detail(paint_room(0))
    assert sink.readable == 0
    assert max(sink.detail) < DETAIL_SHARE * raw_detail
    if effect not in ("blur", "bokeh"):
        assert max(sink.markers) == 0
    else:
        assert max(sink.markers) < MARKER_SHARE * marker_pixels(paint_room(0))


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_failing_estimator_shows_no_raw_picture(effect: str) -> None:
    sink = LeakSink()
    timing = Timing(fps=30, max_age_ns=500_000_000, lossless=True)
    meter = _run(effect, FaultyEstimator(), ListSource(FRAMES, SIZE, paint=_paint), sink, timing)
    assert sink.seen == FRAMES
    assert sink.cards > 0
    assert 0.2 * FRAMES <= meter.snapshot().faults <= 0.6 * FRAMES
    _assert_hidden(effect, sink)


@pytest.mark.parametrize("smooth", [0.0, 0.75])
@pytest.mark.parametrize(("effect", "keep"), [("blur", "person+held"), ("cutout", "person+held"), ("replace", "near")])
def test_a_network_that_lies_about_what_is_held_shows_no_raw_picture(
    effect: str, keep: Literal["person+held", "near"], smooth: float
) -> None:
    sink = LeakSink()
    timing = Timing(fps=30, max_age_ns=500_000_000, lossless=True)
    inner: Estimator = LyingAboutHeld()
    inner = Smoothed(inner, smooth) if smooth else inner
    estimator = Kept((inner,), keep, steady=smooth > 0)
    meter = _run(effect, estimator, ListSource(FRAMES // 5, SIZE, paint=_paint), sink, timing)
    assert sink.seen == FRAMES // 5
    assert meter.snapshot().faults == sink.cards == FRAMES // 10
    _assert_hidden(effect, sink)


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_hanging_estimator_shows_no_raw_picture(effect: str) -> None:
    sink = LeakSink(stop_after=FRAMES)
    source = ListSource(10**9, SIZE, paint=_paint, live=True, interval_s=0.004)
    timing = Timing(fps=200, max_age_ns=300_000_000)
    _run(effect, FaultyEstimator(hang_s=2.0), source, sink, timing)
    assert sink.seen >= FRAMES
    assert sink.cards > 0
    _assert_hidden(effect, sink)


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_dying_source_shows_no_raw_picture(effect: str) -> None:
    sink = LeakSink()
    timing = Timing(fps=30, max_age_ns=500_000_000, lossless=True)
    source = ListSource(FRAMES, SIZE, paint=_paint, dies_at=100)
    with pytest.raises(DeviceLost):
        _run(effect, RoomEstimator(), source, sink, timing)
    assert sink.seen > 0
    _assert_hidden(effect, sink)


@pytest.mark.parametrize("dies_at", [None, 0, 100])
def test_a_lost_background_shows_no_raw_picture(
    dies_at: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken file (None), and a video that ends with its first or its hundredth picture: the room is blurred then."""
    film = tmp_path / "beach.mp4"
    film.write_bytes(b"no film")
    if dies_at is not None:
        # Ten times as fast as the room's: its hundredth picture comes within the run, however quick the machine is.
        film_source = ListSource(10**6, SIZE, fps=300, dies_at=dies_at)
        monkeypatch.setattr(backdrops, "open_source", lambda *_, **__: film_source)
    sink = LeakSink()
    timing = Timing(fps=30, max_age_ns=500_000_000, lossless=True)
    source = ListSource(FRAMES, SIZE, paint=_paint)
    meter = _run("replace", FaultyEstimator(), source, sink, timing, background=str(film))
    assert sink.seen == FRAMES
    assert 0 < sink.cards < 0.6 * FRAMES
    assert meter.snapshot().instead.startswith("room blurred: ")
    _assert_hidden("blur", sink)


def test_the_detectors_fire_on_every_frame_of_none() -> None:
    sink = LeakSink()
    timing = Timing(fps=30, max_age_ns=500_000_000, lossless=True)
    _run("none", RoomEstimator(), ListSource(FRAMES, SIZE, paint=_paint), sink, timing)
    assert (sink.seen, sink.readable, sink.cards) == (FRAMES, FRAMES, 0)
    assert min(sink.markers) > 10_000
    assert min(sink.detail) > 100
