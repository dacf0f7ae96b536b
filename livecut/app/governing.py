"""Keeps a session on the rung of quality the machine can afford: which plan to build, and when to build another."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from livecut.app.ladder import FULL, Rung, ladder, printed
from livecut.errors import LivecutError
from livecut.pipeline.governor import Governor, Load
from livecut.pipeline.meter import Totals
from livecut.pipeline.plan import AnyPlan
from livecut.protocols import Need
from livecut.settings import Settings

__all__ = ["Governing"]

log = logging.getLogger(__name__)

# Enough to judge by: a slow source needs longer for as many frames.
_LEAST_S: Final = 0.5
_MOST_S: Final = 2.0
_LEAST_FRAMES: Final = 5


class Governing:
    """Builds plans for the user's settings with the present rung laid over them; not safe to use from two threads.

    The user's settings themselves are never changed. A rung whose plan cannot be built ends the governing, not the
    session.
    """

    def __init__(self, build: Callable[[Settings], AnyPlan], *, rate: float, enabled: bool = True) -> None:
        """`build` makes and warms a plan; `rate` is the output's. `enabled`: False for what runs frame by frame."""
        self._build = build
        self._rate = rate
        self._enabled = enabled
        self._settings: Settings | None = None
        self._needs: frozenset[Need] = frozenset()
        self._rungs: tuple[Rung, ...] = (FULL,)
        self._rung = 0
        self._governor: Governor | None = None
        self._before: Totals | None = None
        self._is_printed = False
        self.status = ""
        """For the status line, from any thread; empty at full quality."""

    def plan(self, settings: Settings) -> AnyPlan:
        """A plan for the user's new settings on the present rung, or on the last one there is now.

        Raises what `build` raises, and then nothing has changed.
        """
        self._before = None  # building one is load, too, and says nothing about the rung
        needs = self._needs
        try:
            rungs = self._ladder(settings, needs)
        except LivecutError:  # of what the effect before needed, which this one may not
            rungs = (FULL,)
        rung = min(self._rung, len(rungs) - 1)
        plan = self._build(rungs[rung].over(settings))
        if plan.needs != needs:  # only now it is known what the effect needs
            built = rungs[rung]
            needs, rungs = plan.needs, self._ladder(settings, plan.needs)
            rung = min(rung, len(rungs) - 1)
            if rungs[rung].patch != built.patch:
                plan.close()
                plan = self._build(rungs[rung].over(settings))
        self._turn_to(settings, needs, rungs, rung)
        return plan

    def watch(self, totals: Totals) -> AnyPlan | None:
        """Look at the meter, a few times a second; the plan of another rung when it is time for one."""
        governor, settings = self._governor, self._settings
        if governor is None or settings is None:
            return None
        before, self._before = self._before, self._before or totals
        if before is None:
            return None
        load = Load.between(before, totals)
        if load.span_s < _LEAST_S or (load.frames_in < _LEAST_FRAMES and load.span_s < _MOST_S):
            return None
        self._before = totals
        rung = governor.observe(load)
        if rung == self._rung:
            return None
        try:
            plan = self._build(self._rungs[rung].over(settings))
        except Exception as error:  # the plan that runs is sound, whatever went wrong with the next one
            is_told = isinstance(error, LivecutError)
            log.warning("quality is left as it is: %s", error or type(error).__name__, exc_info=not is_told)
            self._governor = None
            return None
        self._go(rung)
        self._say(governor.share)
        return plan

    def _ladder(self, settings: Settings, needs: frozenset[Need]) -> tuple[Rung, ...]:
        return ladder(settings, needs) if self._enabled and settings.governor.enabled else (FULL,)

    def _turn_to(self, settings: Settings, needs: frozenset[Need], rungs: tuple[Rung, ...], rung: int) -> None:
        wanted, earlier = settings.governor, self._settings
        same = rungs == self._rungs and earlier is not None and earlier.governor == wanted
        if self._governor is None or not same:
            self._governor = Governor(
                len(rungs) - 1,
                rate=min(wanted.target_fps or self._rate, self._rate),
                max_age_s=wanted.max_age_ms * 1e-3,
                down_after_s=wanted.down_after_s,
                up_after_s=wanted.up_after_s,
                rung=rung,
            )
        self._settings, self._needs, self._rungs = settings, needs, rungs
        self._go(rung)

    def _go(self, rung: int) -> None:
        self._rung = rung
        self._before = None
        self.status = self._present if rung else ""

    @property
    def _present(self) -> str:
        return f"quality step {self._rung} of {len(self._rungs) - 1}: {self._rungs[self._rung].name}"

    def _say(self, share: float) -> None:
        if not self._is_printed:
            self._is_printed = True
            log.warning("the machine is busy; quality gives in steps: %s", printed(self._rungs))
        log.warning("%s (a picture took %.0f %% of the time there is for one)", self._present, 100 * min(share, 9.99))
