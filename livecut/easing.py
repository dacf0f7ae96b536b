"""Motion that neither jumps nor swings: a critically damped pull, towards a goal that ignores small changes."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["Eased", "Goal"]

_ARRIVED = 1e-4
_TIMES = 4.744
"""A critically damped motion has 95 % of its way behind it after this many of its time constants."""


class Eased:
    """Values that are pulled towards a goal, all of them in the same time, and come to a full stop there.

    `ease_s`: seconds until 95 % of the way is done. `speed`: the most a value may change in a second. A value never
    goes beyond its goal, also when the goal moves while it is under way. Steps are exact: their length does not matter.
    """

    def __init__(self, start: Sequence[float], ease_s: float, speed: float) -> None:
        if not (ease_s > 0.0 and speed > 0.0):
            raise ValueError(f"ease_s and speed must be above 0, not {ease_s} and {speed}")
        self.values = tuple(start)
        self._rates = [0.0] * len(self.values)
        self._pull = _TIMES / ease_s
        self._speed = speed

    def jump(self, values: Sequence[float]) -> None:
        """Be there at once, at rest."""
        self.values = tuple(values)
        self._rates = [0.0] * len(self.values)

    def go_on_from(self, earlier: Eased) -> None:
        """Be where the other is, and as fast."""
        self.values, self._rates = earlier.values, list(earlier._rates)

    def step(self, goal: Sequence[float], seconds: float) -> tuple[float, ...]:
        """Move on towards `goal` for `seconds` and return the values."""
        if seconds < 0.0:
            raise ValueError(f"seconds must not be below 0, not {seconds}")
        moved = [self._one(at, aim, seconds) for at, aim in enumerate(goal)]
        if all(abs(aim - value) < _ARRIVED for aim, value in zip(goal, moved, strict=True)):
            self.jump(goal)
        else:
            self.values = tuple(moved)
        return self.values

    def _one(self, at: int, aim: float, seconds: float) -> float:
        # x'' = -2 p x' - p² x, solved: x = (x0 + (v0 + p x0) t) e^(-p t), with x the way that is left, reversed.
        value, rate, pull = self.values[at], self._rates[at], self._pull
        away = value - aim
        fade = math.exp(-pull * seconds)
        drift = rate + pull * away
        left = (away + drift * seconds) * fade
        self._rates[at] = (drift - pull * (away + drift * seconds)) * fade
        if left * away <= 0.0:
            left = self._rates[at] = 0.0
        most = self._speed * seconds
        if abs(left - away) > most:
            left = away + math.copysign(most, left - away)
            self._rates[at] = math.copysign(self._speed, left - away)
        return aim + left


class Goal:
    """Holds a goal until what is measured has left it by more than `slack`, so that noise moves nothing.

    Measurements are averaged over about `calm_s` seconds first. A goal that was left follows their mean until they have
    come to rest: it ends where they are, not at the edge of the slack.
    """

    def __init__(self, slack: Sequence[float], calm_s: float) -> None:
        self._slack = tuple(slack)
        self._calm_s = calm_s
        self._mean: tuple[float, ...] | None = None
        self.held: tuple[float, ...] | None = None
        self._follows = False

    def measure(self, values: Sequence[float], seconds: float) -> tuple[float, ...]:
        """Take a measurement made `seconds` after the one before and return the goal."""
        if self._mean is None or self.held is None:
            self._mean = self.held = tuple(values)
            return self.held
        keep = math.exp(-seconds / self._calm_s)
        self._mean = tuple(new + (old - new) * keep for old, new in zip(self._mean, values, strict=True))
        if self._far(self.held, 1.0):
            self._follows = True
        if self._follows:
            self.held = self._mean
            self._follows = self._far(values, 0.25)
        return self.held

    def go_on_from(self, earlier: Goal) -> None:
        """Hold what the other holds, measured as it was."""
        self._mean, self.held, self._follows = earlier._mean, earlier.held, earlier._follows

    def forget(self) -> None:
        """The next measurement is the goal."""
        self._mean = self.held = None
        self._follows = False

    def _far(self, values: Sequence[float], share: float) -> bool:
        assert self._mean is not None
        parts = zip(self._mean, values, self._slack, strict=True)
        return any(abs(mean - value) > share * slack for mean, value, slack in parts)
