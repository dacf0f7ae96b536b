"""Governing overlays the user's settings, says each step, and keeps to the user's changes."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from support.fakes import FakeEstimator, NearestRefiner, PaintEffect, crop_fit

from livecut.app.governing import Governing
from livecut.errors import AcceleratorError, SettingsError
from livecut.pipeline.meter import Meter, Totals
from livecut.pipeline.plan import AnyPlan, Plan
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.types import Size

HALF = {"matte": {"refine": "guided-half"}}


class Builder:
    """Builds plans of fakes; remembers for which settings, and which of them were closed."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []
        self.effects: list[PaintEffect] = []
        self.fault: Exception | None = None

    def __call__(self, settings: Settings) -> Plan:
        if self.fault is not None:
            raise self.fault
        needs = frozenset({Need.MATTE, Need.DEPTH} if settings.effect.name == "bokeh" else {Need.MATTE})
        self.settings.append(settings)
        self.effects.append(PaintEffect(frozenset() if settings.effect.name == "none" else needs))
        return Plan(
            size=Size(8, 6),
            fit=crop_fit,
            estimators=[FakeEstimator()],
            refiner=NearestRefiner(),
            effect=self.effects[-1],
            meter=Meter(),
            max_age_ns=10**9,
        )


class Running:
    """A pipeline at 30 fps in which making a picture takes `share` of the time there is, seen twice a second."""

    def __init__(self, settings: Settings, *, enabled: bool = True) -> None:
        self.build = Builder()
        self.governing = Governing(self.build, rate=30.0, enabled=enabled)
        self.totals = Totals(0, 0, 0, 0, 0, 0, 0)
        self.governing.plan(settings)

    def go_on(self, share: float, seconds: float) -> list[AnyPlan]:
        plans = []
        for _ in range(round(seconds * 2)):
            plan = self.governing.watch(self.totals)
            if plan is not None:
                plans.append(plan)
            now = self.totals
            made = min(15, int(15 / share))
            self.totals = Totals(
                now.at_ns + 500_000_000,
                now.frames_in + 15,
                now.rendered + made,
                now.busy_ns + round(made * share / 30 * 1e9),
                now.new + made,
                now.age_ns + made * 20_000_000,
                now.cards,
            )
        return plans

    @property
    def in_force(self) -> Settings:
        return self.build.settings[-1]


def test_it_steps_down_over_the_users_settings_and_up_again(caplog: pytest.LogCaptureFixture) -> None:
    user = apply(Settings(), {"matte": {"guide_radius": 3}, "governor": {"max_steps": 2}})
    running = Running(user)
    assert running.in_force == user and running.governing.status == ""
    with caplog.at_level(logging.WARNING):
        assert len(running.go_on(1.2, 12)) == 2
    assert running.governing.status == "quality step 2 of 2: matte of every 2nd frame"
    matte = running.in_force.matte
    assert (matte.refine, matte.stride, matte.guide_radius) == ("guided-half", 2, 3)
    ladder = "0 full quality, 1 edges on half the grid, 2 matte of every 2nd frame"
    assert caplog.messages == [
        f"the machine is busy; quality gives in steps: {ladder}",
        "quality step 1 of 2: edges on half the grid (a picture took 120 % of the time there is for one)",
        "quality step 2 of 2: matte of every 2nd frame (a picture took 120 % of the time there is for one)",
    ]
    assert len(running.go_on(0.2, 30)) == 2
    assert running.governing.status == "" and running.in_force == user


def governed(patch: Patch | None = None) -> Running:
    """On the first rung."""
    running = Running(apply(Settings(), patch or {}))
    while not running.governing.status:
        running.go_on(1.2, 0.5)
    assert running.in_force.matte.refine == "guided-half"
    return running


def test_the_users_change_keeps_the_rung_and_is_not_overwritten() -> None:
    running = governed()
    user = apply(Settings(), {"matte": {"smooth": 0.1}})
    running.governing.plan(user)
    assert running.in_force == apply(user, HALF)
    assert running.governing.status == "quality step 1 of 4: edges on half the grid"
    assert sum(effect.closed for effect in running.build.effects) == 0, "plans in use are closed by those who use them"
    running.go_on(0.2, 30)
    assert running.in_force == user


def test_what_the_user_set_lower_is_not_raised() -> None:
    running = governed()
    running.governing.plan(apply(Settings(), {"matte": {"refine": "bilinear"}}))
    assert running.in_force.matte.refine == "bilinear" and running.in_force.matte.stride == 2
    assert running.governing.status == "quality step 1 of 2: matte of every 2nd frame"


def test_another_effect_has_another_ladder() -> None:
    running = governed()
    running.governing.plan(apply(Settings(), {"effect": {"name": "bokeh"}}))
    assert running.governing.status == "quality step 1 of 5: edges on half the grid"
    running.governing.plan(apply(Settings(), {"effect": {"name": "none"}}))
    assert running.governing.status == ""
    assert running.in_force.matte.refine == "guided", "there is nothing to give, so nothing is given"
    assert [effect.closed for effect in running.build.effects][-2:] == [1, 0], "of two, the one that was not right"


def test_a_change_that_cannot_be_built_changes_nothing() -> None:
    running = governed()
    running.build.fault = SettingsError("no such effect")
    with pytest.raises(SettingsError):
        running.governing.plan(apply(Settings(), {"effect": {"name": "absent"}}))
    running.build.fault = None
    assert running.governing.status == "quality step 1 of 4: edges on half the grid"
    assert len(running.go_on(1.2, 5)) >= 1


def test_the_load_of_building_what_failed_says_nothing() -> None:
    running = governed()
    running.go_on(0.7, 3)
    at = running.build.settings[-1]
    now = running.totals
    running.totals = replace(
        now,
        at_ns=now.at_ns + 3 * 10**9,
        frames_in=now.frames_in + 90,
        rendered=now.rendered + 30,
        busy_ns=now.busy_ns + 3 * 10**9,
        new=now.new + 30,
    )
    running.build.fault = SettingsError("no such picture")
    with pytest.raises(SettingsError):
        running.governing.plan(apply(Settings(), {"effect": {"name": "green"}}))
    running.build.fault = None
    assert running.go_on(0.7, 1) == []
    assert running.build.settings[-1] is at


def test_another_effect_with_a_network_that_only_it_can_run_with_is_built() -> None:
    """The ladder before that is for a matte, which that network does not give."""
    running = governed()
    patch: Patch = {"effect": {"name": "none"}, "model": {"name": "tcmonodepth-small"}}
    running.governing.plan(apply(Settings(), patch))
    assert running.in_force.model.name == "tcmonodepth-small"
    assert running.governing.status == ""


@pytest.mark.parametrize("fault", [AcceleratorError("out of memory"), MemoryError("out of memory")])
def test_a_rung_that_cannot_be_built_ends_the_governing_until_the_user_changes_something(
    caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    running = governed()
    caplog.clear()
    running.build.fault = fault
    with caplog.at_level(logging.WARNING):
        assert running.go_on(1.2, 30) == []
    assert caplog.messages == ["quality is left as it is: out of memory"]
    assert running.governing.status == "quality step 1 of 4: edges on half the grid"
    running.build.fault = None
    assert running.go_on(1.2, 30) == []
    running.governing.plan(Settings())
    assert len(running.go_on(1.2, 5)) >= 1


@pytest.mark.parametrize("enabled", [False, True])
def test_without_leave_nothing_is_given(enabled: bool) -> None:
    settings = apply(Settings(), {"governor": {"enabled": not enabled}})
    assert Running(settings, enabled=enabled).go_on(3.0, 30) == []


def test_switching_it_off_goes_back_to_full_quality_and_fewer_pictures_may_be_asked_for() -> None:
    running = governed()
    off = apply(Settings(), {"governor": {"enabled": False}})
    running.governing.plan(off)
    assert running.in_force == off and running.governing.status == ""
    running.governing.plan(apply(Settings(), {"governor": {"target_fps": 20}}))
    assert running.go_on(1.2, 30) == [], "at 20 pictures a second it is not too slow"
