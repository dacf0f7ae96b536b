"""A session runs, changes while it runs, refuses what is wrong and ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.fakes import ListSink

from livecut.app.build import build_plan
from livecut.app.session import Session
from livecut.app.workshop import Workshop
from livecut.errors import DeviceLost, DeviceUnavailable, LivecutError, ModelError, PluginError, SettingsError
from livecut.inference.pool import NetworkPool
from livecut.inference.runner import Network, open_runner
from livecut.inference.spec import ModelSpec
from livecut.pipeline.meter import Meter, Totals
from livecut.pipeline.plan import AnyPlan
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.types import Picture, Size

LIVE: Patch = {
    "source": {"input": "demo", "pace": "realtime"},
    "output": {"sinks": ["null"], "size": "160x90", "fps": 60},
    "effect": {"name": "green"},
    "model": {"name": "null"},
}


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)


def test_effects_change_while_it_runs_and_a_bad_patch_changes_nothing() -> None:
    sink = ListSink()
    with Session(apply(Settings(), LIVE), extra_sinks=[sink]) as session:
        _wait(lambda: any(not picture.is_card for picture in sink.pictures))
        with pytest.raises(SettingsError):
            session.apply({"effect": {"blur": {"radius_px": -1}}})
        with pytest.raises(PluginError):
            session.apply({"effect": {"name": "absent"}})
        with pytest.raises(ModelError):
            session.apply({"model": {"name": "absent"}})
        assert session.settings.effect.name == "green"
        session.apply({"effect": {"name": "replace", "replace": {"background": "#ff0000"}}})
        assert session.settings.effect.name == "replace"
        _wait(lambda: tuple(sink.pictures[-1].bgr[2, 2]) == (0, 0, 255))
        assert "null" in session.label
    assert sink.closed == 1


def test_the_privacy_switch_and_the_status() -> None:
    sink = ListSink()
    with Session(apply(Settings(), LIVE), extra_sinks=[sink]) as session:
        _wait(lambda: any(not picture.is_card for picture in sink.pictures))
        session.toggle_privacy()
        _wait(lambda: sink.pictures[-1].is_card)
        session.toggle_privacy()
        _wait(lambda: not sink.pictures[-1].is_card)
        seen = session.status()
        assert seen.cards > 0
        assert {"matte", "refine", "effect", "all", "write"} <= set(seen.stages)


def test_plans_are_built_for_the_source_that_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Networks look at the shape of what is shown, and no plan starts afresh because the first had not known it."""
    path = tmp_path / "narrow.png"
    cv2.imwrite(str(path), np.full((60, 40, 3), 90, np.uint8))
    told: list[Size] = []

    def built(settings: Settings, size: Size, *given: Any, source: Size, **more: Any) -> AnyPlan:
        told.append(source)
        return build_plan(settings, size, *given, source=source, **more)

    monkeypatch.setattr("livecut.app.workshop.build_plan", built)
    patch: Patch = {"source": {"input": str(path)}, "output": {"fit": "contain", "size": "160x90"}}
    sink = ListSink()
    with Session(apply(apply(Settings(), LIVE), patch), extra_sinks=[sink]) as session:
        _wait(lambda: any(not picture.is_card for picture in sink.pictures))
        session.apply({"effect": {"name": "matte"}})
        _wait(lambda: session.settings.effect.name == "matte")
    assert told == [Size(40, 60)] * 2


@pytest.mark.parametrize(("fit", "follow"), [("contain", False), ("cover", False), ("cover", True)])
def test_a_source_that_changes_its_shape_gets_a_plan_of_that_shape(
    monkeypatch: pytest.MonkeyPatch, fit: str, follow: bool
) -> None:
    told: list[Size] = []

    def built(settings: Settings, size: Size, *given: Any, source: Size, **more: Any) -> AnyPlan:
        told.append(source)
        if source == Size(9, 9):
            raise RuntimeError("not this one")
        return build_plan(settings, size, *given, source=source, **more)

    monkeypatch.setattr("livecut.app.workshop.build_plan", built)
    now = [Size(40, 60)]
    meter = Meter()
    workshop = Workshop(Size(160, 90), meter, source=lambda: now[0], rate=30.0, governed=True)
    patch: Patch = {"output": {"fit": fit}, "look": {"framing": {"follow": follow}}}
    plans = [workshop.plan(apply(apply(Settings(), LIVE), patch))]
    for size in (Size(40, 60), Size(80, 120), Size(90, 60), Size(9, 9), Size(9, 9), Size(40, 60)):
        now[0] = size
        plan = workshop.watch(meter.totals())
        if plan is not None:
            plans.append(plan)
    # One of the same shape needs no other plan, and one that cannot be built is tried once.
    matters = fit == "contain" or follow
    assert told == ([Size(40, 60), Size(90, 60), Size(9, 9), Size(40, 60)] if matters else [Size(40, 60)])
    assert len(plans) == (3 if matters else 1)
    # Settings that were refused are not those of the plan that runs.
    told.clear()
    with pytest.raises(PluginError):
        workshop.plan(apply(apply(Settings(), LIVE), {"output": {"fit": "stretch"}, "effect": {"name": "absent"}}))
    now[0] = Size(60, 90)
    assert workshop.watch(meter.totals()) is None
    now[0] = Size(90, 40)
    plan = workshop.watch(meter.totals())
    assert (plan is not None) == matters
    assert told == [Size(40, 60)] + [Size(90, 40)] * matters
    if plan is not None:
        plans.append(plan)
    for plan in plans:
        plan.close()
    workshop.close()


def test_from_demo_into_files_nothing_is_lost() -> None:
    settings = apply(Settings(), {**LIVE, "source": {"input": "demo"}})
    sink = ListSink()
    session = Session(settings, frame_limit=25, extra_sinks=[sink])
    session.run()
    assert session.timing.lossless
    assert [picture.index for picture in sink.pictures] == list(range(25))


@pytest.mark.parametrize("pace", ["realtime", "auto"])
def test_whoever_waits_long_is_told_of_the_card_only_where_one_is_shown(
    pace: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("livecut.app.session._PATIENCE_S", 0.0)
    session = Session(apply(Settings(), {**LIVE, "source": {"input": "demo", "pace": pace}}), extra_sinks=[ListSink()])
    build, told = session._opened_workshop().plan, threading.Event()

    def slow(settings: Settings) -> AnyPlan:
        deadline = time.monotonic() + 60
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.005)
        told.set()
        return build(settings)

    monkeypatch.setattr(session._opened_workshop(), "plan", slow)
    with session:
        assert told.wait(120)
    assert session.timing.lossless == (pace == "auto")
    assert [line.partition(":")[0] for line in caplog.messages] == [
        "still preparing" if session.timing.lossless else "still preparing, the privacy card is shown"
    ]


def test_a_network_that_is_missing_ends_the_run_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path))
    session = Session(apply(Settings(), {**LIVE, "model": {"name": "rvm"}}))
    with pytest.raises(ModelError, match=r"^rvm: it has not been fetched$"):
        session.run()


def test_an_error_on_its_own_thread_is_raised_by_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path))
    session = Session(apply(Settings(), {**LIVE, "model": {"name": "rvm"}}))
    session.start()
    with pytest.raises(ModelError, match=r"^rvm: it has not been fetched$"):
        session.join(60)
    session.stop()


class Busy:
    """What a meter tells of a pipeline that makes 15 pictures a second of 30 frames, or of an idle one."""

    def __init__(self) -> None:
        self.is_busy = True
        self._totals = Totals(0, 0, 0, 0, 0, 0, 0)

    def __call__(self) -> Totals:
        now, made, took_ms = self._totals, 15 if self.is_busy else 30, 66 if self.is_busy else 1
        self._totals = Totals(
            at_ns=now.at_ns + 10**9,
            frames_in=now.frames_in + 30,
            rendered=now.rendered + made,
            busy_ns=now.busy_ns + made * took_ms * 10**6,
            new=now.new + made,
            age_ns=now.age_ns + made * took_ms * 10**6,
            cards=now.cards,
        )
        return now


def test_a_busy_machine_gives_quality_and_takes_the_users_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    sink, busy = ListSink(), Busy()
    # That the machine of the tests is busy, too, and pictures come old, is another matter: it would be a fault.
    patch: Patch = {"governor": {"max_steps": 2, "up_after_s": 1}, "privacy": {"max_matte_age_ms": 10000}}
    user = apply(apply(Settings(), LIVE), patch)
    with Session(user, extra_sinks=[sink]) as session:
        monkeypatch.setattr(session.meter, "totals", busy)
        _wait(lambda: session.quality == "quality step 2 of 2: matte of every 2nd frame")
        assert session.settings == user, "what is given is only laid over"
        session.apply({"effect": {"green": {"colour": "#ff0000"}}})
        _wait(lambda: tuple(sink.pictures[-1].bgr[2, 2]) == (0, 0, 255))
        assert session.quality
        _wait(lambda: session.status().looked < 1)
        busy.is_busy = False
        _wait(lambda: not session.quality)
        assert session.settings.matte == user.matte
    assert session.status().faults == 0, session.status().last_fault
    assert "livecut-build" not in {thread.name for thread in threading.enumerate()}


def test_files_are_not_governed(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(apply(Settings(), {**LIVE, "source": {"input": "demo"}}), frame_limit=40)
    monkeypatch.setattr(session.meter, "totals", Busy())
    session.run()
    assert session.quality == "" and session.status().looked == 1


def test_only_what_the_effect_needs_is_loaded() -> None:
    sink = ListSink()
    settings = apply(Settings(), {**LIVE, "source": {"input": "demo"}, "effect": {"name": "none"}})
    session = Session(settings, frame_limit=2, extra_sinks=[sink])
    session.run()
    assert session.label == "no network"
    assert "matte" not in session.status().stages


def test_a_tap_keeps_no_run_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    tap = ListSink()
    monkeypatch.setattr("livecut.app.session.open_outputs", lambda *given, **more: [ListSink(dies_at=3)])
    session = Session(apply(Settings(), LIVE), taps=[tap])
    with pytest.raises(DeviceLost):
        session.run()
    assert len(tap.pictures) == 3


def test_it_has_begun_too_where_no_output_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(apply(Settings(), {**LIVE, "output": {"sinks": ["/no/such/folder/talk.mp4"]}}))
    with pytest.raises(DeviceUnavailable):
        session.run()
    assert session.begun.is_set()


AT_THE_FIRST_CARD = """
import sys
from livecut.cli.program import run_program
from livecut.sinks.null import NullSink

def write(self, picture):
    heavy = {"cv2", "onnxruntime", "numba", "av", "skimage", "llvmlite", "livecut.app.build", "uvicorn"}
    print(picture.is_card, sorted(heavy & set(sys.modules)), flush=True)
    sys.stdout.close()
    import os
    os._exit(0)

NullSink.write = write
run_program(["run", "--source", "demo", "--sink", "null", "--set", "source.pace=realtime", *sys.argv[1:]])
"""


@pytest.mark.parametrize("more", [[], ["--panel"]], ids=["alone", "with a panel"])
def test_the_first_card_waits_for_nothing_heavy(more: list[str]) -> None:
    script = [sys.executable, "-W", "error", "-c", AT_THE_FIRST_CARD, *more]
    assert subprocess.run(script, capture_output=True, text=True, check=False, timeout=120).stdout == "True []\n"


def test_nothing_is_built_before_the_first_card() -> None:
    class Slow(ListSink):
        def write(self, picture: Picture) -> None:
            if not self.pictures:
                time.sleep(0.2)
                assert session._workshop is None
            super().write(picture)

    sink = Slow()
    session = Session(apply(Settings(), LIVE), extra_sinks=[sink])
    with session:
        _wait(lambda: any(not picture.is_card for picture in sink.pictures))
    assert sink.pictures[0].is_card
    assert session.status().ended_sinks == ()


def test_a_run_that_ends_while_plans_are_still_prepared_for_leaves_no_network_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entered, over, opened, closed = threading.Event(), threading.Event(), list[str](), list[str]()

    class Late(Workshop):
        def __init__(self, *given: Any, **more: Any) -> None:
            entered.set()
            assert over.wait(60)
            super().__init__(*given, **more)

    def open_network(spec: ModelSpec, *given: Any, **more: Any) -> Network:
        network = open_runner(spec, *given, **more)
        opened.append(spec.name)
        close = network.close

        def told() -> None:
            closed.append(spec.name)
            close()

        monkeypatch.setattr(network, "close", told)
        return network

    monkeypatch.setattr("livecut.app.workshop.Workshop", Late)
    monkeypatch.setattr("livecut.app.workshop.NetworkPool", lambda: NetworkPool(open_network))
    session = Session(apply(Settings(), LIVE))
    session.start()
    assert entered.wait(60)
    build = next(thread for thread in threading.enumerate() if thread.name == "livecut-build")
    session.stop()
    over.set()
    build.join(60)
    assert not build.is_alive()
    assert opened == closed == ["null"]


def test_privacy_settings_change_while_it_runs() -> None:
    sink = ListSink()
    with Session(apply(Settings(), LIVE), extra_sinks=[sink]) as session:
        _wait(lambda: any(not picture.is_card for picture in sink.pictures))
        session.toggle_privacy()
        _wait(lambda: sink.pictures[-1].is_card)
        before = sink.pictures[-1].bgr.copy()
        session.apply({"privacy": {"card_text": "back at noon", "max_matte_age_ms": 5000}})
        _wait(lambda: sink.pictures[-1].is_card and not np.array_equal(sink.pictures[-1].bgr, before))
        assert session._pipeline._output._max_age_ns == 5_000_000_000
        with pytest.raises(LivecutError):
            session.apply({"privacy": {"card": "/no/such/picture.png", "max_matte_age_ms": 100}})
        assert session._pipeline._output._max_age_ns == 5_000_000_000
        session.toggle_privacy()
        _wait(lambda: not sink.pictures[-1].is_card)


def test_mirrored_twice_while_a_plan_is_built_it_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    with Session(apply(Settings(), LIVE), extra_sinks=[ListSink()]) as session:
        _wait(lambda: session.label != "starting")
        workshop, seen, both = session._opened_workshop(), [], threading.Event()
        build = workshop.plan

        def slow(settings: Settings) -> AnyPlan:
            both.wait(10)
            seen.append(settings.output.mirror)
            return build(settings)

        monkeypatch.setattr(workshop, "plan", slow)
        before = session.settings.output.mirror
        for _ in range(50):  # as a key does that is held down
            session._on_key("m")
        assert sum(thread.name == "livecut-mirror" for thread in threading.enumerate()) <= 1
        both.set()
        # To its end: a process that ends while a thread is in a kernel is aborted.
        _wait(lambda: not any(thread.name == "livecut-mirror" for thread in threading.enumerate()))
        assert seen in ([], [not before, before])
        assert session.settings.output.mirror is before
        session._on_key("m")
        _wait(lambda: session.settings.output.mirror is not before)
        _wait(lambda: not any(thread.name == "livecut-mirror" for thread in threading.enumerate()))


def test_what_is_chosen_at_the_start_cannot_be_changed() -> None:
    """A session that believed to have another source would take its own for a background: the room."""
    with Session(apply(Settings(), LIVE), extra_sinks=[ListSink()]) as session:
        before = session.settings
        with pytest.raises(SettingsError, match=r"^source\.input is chosen at the start"):
            session.apply({"source": {"input": "camera:1"}})
        assert session.settings is before


def test_where_an_output_cannot_be_opened_the_others_are_closed() -> None:
    sink = ListSink()
    settings = apply(Settings(), {**LIVE, "output": {"sinks": ["/no/such/folder/talk.mp4"]}})
    with pytest.raises(LivecutError, match="folder"):
        Session(settings, extra_sinks=[sink]).run()
    assert sink.closed == 1


def test_a_session_that_never_ran_closes_its_source_when_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(apply(Settings(), LIVE))
    closed: list[bool] = []
    monkeypatch.setattr(session._pipeline._source, "close", lambda: closed.append(True))
    session.stop()
    session.stop()
    assert closed == [True]
