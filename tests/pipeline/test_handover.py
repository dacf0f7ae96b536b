"""Plans change hands; each is closed exactly once by whoever owns it."""

from __future__ import annotations

from support.fakes import PaintEffect, crop_fit

from livecut.pipeline.handover import Handover
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import Plan
from livecut.types import Size


def _plan() -> tuple[Plan, PaintEffect]:
    effect = PaintEffect()
    plan = Plan(
        size=Size(4, 4), fit=crop_fit, estimators=(), refiner=None, effect=effect, meter=Meter(), max_age_ns=10**9
    )
    return plan, effect


def test_a_plan_that_never_had_its_turn_is_closed_once() -> None:
    handover = Handover()
    (first, first_effect), (second, second_effect) = _plan(), _plan()
    handover.offer(first)
    handover.offer(second, 7)
    assert first_effect.closed == 1
    assert handover.take() == (second, 7)
    assert second_effect.closed == 0
    assert handover.take() is None


def test_after_close_nothing_is_kept() -> None:
    handover = Handover()
    (waiting, waiting_effect), (late, late_effect) = _plan(), _plan()
    handover.offer(waiting)
    handover.close()
    handover.offer(late)
    assert (waiting_effect.closed, late_effect.closed) == (1, 1)
    assert handover.take() is None
    assert {waiting, late}
