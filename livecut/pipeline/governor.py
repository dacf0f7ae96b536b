"""Decides how much quality a busy machine can afford: a rung of a ladder, from samples of how the pipeline fares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from livecut.pipeline.meter import Totals

__all__ = ["Governor", "Load"]

_FULL: Final = 0.85
"""Share of the time between two pictures that making one may take: beyond, jitter makes some of them late."""
_SPARE: Final = 0.6
"""Below this share a better rung may fit."""
_BUSY: Final = 0.4
"""Below this share it is not the making of pictures that makes them late, and less quality is no remedy."""
_LOST: Final = 0.2
"""Share of the new pictures that may be missing."""
_FAR_TOO_SLOW: Final = 1.5
"""From this share on one rung less is not enough: two at once, in half the time."""
_SETTLE_S: Final = 1.0
"""What is seen for so long after a step is about building the new plan, not about the rung; after a rest, about
waking up."""
_TRIAL: Final = 12
"""How many times the first wait a better rung must hold: a load that flutters round the bound takes a while to show."""
_LONGEST_WAIT: Final = 32
"""How often the first wait a step up may be put off for at most, where it went wrong again and again."""
_OTHER_LOAD: Final = 0.7
"""With less than this part of the share at which a step up went wrong, the load is another and it may go right."""


@dataclass(frozen=True, slots=True)
class Load:
    """How the pipeline fared for a while."""

    span_s: float
    rendered: int
    """Pictures made."""
    busy_s: float
    """Time spent making them."""
    frames_in: int
    new: int
    """New pictures written."""
    cards: int
    """Cards written: while any are, missing pictures say nothing about the machine."""
    age_s: float
    """Mean age of the new pictures when they were written."""

    @classmethod
    def between(cls, before: Totals, now: Totals) -> Load:
        """What happened between two looks at the meter."""
        new = now.new - before.new
        return cls(
            span_s=(now.at_ns - before.at_ns) * 1e-9,
            rendered=now.rendered - before.rendered,
            busy_s=(now.busy_ns - before.busy_ns) * 1e-9,
            frames_in=now.frames_in - before.frames_in,
            new=new,
            cards=now.cards - before.cards,
            age_s=(now.age_ns - before.age_ns) * 1e-9 / new if new else 0.0,
        )


class Governor:
    """Goes down a rung soon and up again late, and later each time that going up was wrong.

    Knows no clock and no thread: time is the sum of the samples' spans. Rung 0 is full quality.
    """

    def __init__(
        self, steps: int, *, rate: float, max_age_s: float, down_after_s: float, up_after_s: float, rung: int = 0
    ) -> None:
        """`steps` rungs lie below the top; it starts on `rung`. `rate`: new pictures a second that are to be kept."""
        if not 0 <= rung <= steps:
            raise ValueError(f"rung {rung} is not one of 0 … {steps}")
        if not min(rate, max_age_s, down_after_s, up_after_s) > 0:
            raise ValueError("rate, age and waits must be above 0")
        self.steps = steps
        self.rung = rung
        self.share = 0.0
        """Of the time between two pictures that making one took in the last sample; above 1 it is too slow."""
        self._rate, self._max_age_s = rate, max_age_s
        self._down_after_s, self._up_after_s = down_after_s, up_after_s
        self._slow_s = self._spare_s = 0.0
        self._settling_s = _SETTLE_S
        self._wakes = False
        """Nothing came in the last sample."""
        self._trial_s = 0.0
        """What is left of the time in which the last step up can turn out to have been wrong."""
        self._share_before = 0.0
        """On the rung below, before that step."""
        self._wait_s = [up_after_s] * steps
        """For the step up to each rung."""
        self._wrong_at = [0.0] * steps
        """Share on the rung below, when the step up to each rung went wrong last."""

    def observe(self, load: Load) -> int:
        """Take in how it went on this rung; the answer is the rung to be on from now on."""
        span_s = load.span_s
        if load.frames_in == 0 and load.rendered == 0:
            # A camera that rests or is lost says nothing about the machine, nor do the first pictures after that:
            # caches are cold, and the camera has just been opened.
            self._settling_s = max(self._settling_s, _SETTLE_S)
            self._wakes = True
            return self.rung
        if self._wakes:
            # The first sample after a rest may be mostly rest.
            self._wakes = False
            return self.rung
        if self._settling_s > 0.0:
            self._settling_s -= span_s
            return self.rung
        if span_s <= 0.0:
            return self.rung
        wanted = min(self._rate * span_s, load.frames_in)
        lost = 1.0 - load.new / wanted if wanted > 0 and load.cards == 0 else 0.0
        if load.rendered:
            self.share = load.busy_s / load.rendered * wanted / span_s
        else:
            # Frames came and not one picture was made of them, or there was nothing to do.
            self.share = float("inf") if load.frames_in > 1 else 0.0
        late = lost > _LOST or load.age_s > self._max_age_s
        self._trial_s = max(0.0, self._trial_s - span_s)
        self._keep_time(span_s, late)
        if self._slow_s >= self._down_after_s and self.rung < self.steps:
            self._down()
        elif self.rung > 0 and self._spare_s >= self._wait_for(self.rung - 1):
            self._up()
        return self.rung

    def _keep_time(self, span_s: float, late: bool) -> None:
        if self.share > _FULL or (late and self.share > _BUSY):
            self._slow_s += span_s * (2.0 if self.share > _FAR_TOO_SLOW else 1.0)
            self._spare_s = 0.0
            return
        # Half as fast as it grows: every other second too slow is too slow.
        self._slow_s = max(0.0, self._slow_s - span_s / 2)
        spare = self.share < _SPARE and not late
        self._spare_s = self._spare_s + span_s if spare else max(0.0, self._spare_s - span_s)

    def _wait_for(self, rung: int) -> float:
        is_other = self.share < _OTHER_LOAD * self._wrong_at[rung]
        return self._up_after_s if is_other else self._wait_s[rung]

    def _down(self) -> None:
        rung = self.rung
        far = self.share > _FAR_TOO_SLOW
        if self._trial_s > 0.0:
            far = False  # the rung it came from was good enough: no need to search for one
            self._wait_s[rung] = min(2 * self._wait_s[rung], _LONGEST_WAIT * self._up_after_s)
            self._wrong_at[rung] = self._share_before
        else:
            self._wait_s[rung], self._wrong_at[rung] = self._up_after_s, 0.0
        self._go(min(rung + (2 if far else 1), self.steps))

    def _up(self) -> None:
        self._share_before = self.share
        self._go(self.rung - 1)
        self._trial_s = _TRIAL * self._up_after_s

    def _go(self, rung: int) -> None:
        self.rung = rung
        self._slow_s = self._spare_s = self._trial_s = 0.0
        self._settling_s = _SETTLE_S
