"""Motion that neither jumps nor swings: a critically damped pull, towards a goal that ignores small changes."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["Eased", "Goal"]

_ARRIVED = 1e-4
_TIMES = 4.744
"""A critically damped motion has 95 % of its way behind it after this many of its time constants."""
_LATELY_S = 30.0
"""How long a goal remembers that it went to and fro."""
_AGREED_S = 3.0
"""Where measurements agreed with the goal for so long, it was not the goal's own motion that made them leave it."""


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
    come to rest: it ends where they are, not at the edge of the slack. What is measured may depend on where the goal
    was; so that it is not driven to and fro by that, the slack grows by how far it lately went there and back, up to
    `widest`, where that is given. What had agreed with the goal for a while before it left it has moved by itself.
    """

    def __init__(self, slack: Sequence[float], calm_s: float, widest: Sequence[float] | None = None) -> None:
        self._slack = tuple(slack)
        self._widest = (0.0,) * len(self._slack) if widest is None else tuple(widest)
        self._calm_s = calm_s
        self._mean: tuple[float, ...] | None = None
        self.held: tuple[float, ...] | None = None
        self._follows = False
        self._agreed_s = 0.0
        self._way = [0.0] * len(self._slack)
        """How far it lately went, to and fro."""
        self._net = [0.0] * len(self._slack)
        """How far from where it was: what went to and fro cancels out."""

    def measure(self, values: Sequence[float], seconds: float, strict: bool = False) -> tuple[float, ...]:
        """Take a measurement made `seconds` after the one before and return the goal.

        `strict`: what is measured has to be followed, however often it went to and fro.
        """
        if self._mean is None or self.held is None:
            self._mean = self.held = tuple(values)
            return self.held
        keep = math.exp(-seconds / self._calm_s)
        self._mean = tuple(new + (old - new) * keep for old, new in zip(self._mean, values, strict=True))
        if not self._far(self.held, 0.5, strict=True):
            self._agreed_s += seconds
        elif not self._follows and self._far(self.held, 1.0, strict=True):
            if self._agreed_s >= _AGREED_S:
                self._forget_ways()
            self._agreed_s = 0.0
            self._follows = self._far(self.held, 1.0, strict)
        if self._follows:
            before, self.held = self.held, self._mean
            self._went(before, self.held)
            self._follows = self._far(values, 0.25, strict)
        keep = math.exp(-seconds / _LATELY_S)
        self._way = [way * keep for way in self._way]
        self._net = [net * keep for net in self._net]
        return self.held

    def go_on_from(self, earlier: Goal) -> None:
        """Hold what the other holds, measured as it was."""
        self._mean, self.held, self._follows = earlier._mean, earlier.held, earlier._follows
        self._agreed_s, self._way, self._net = earlier._agreed_s, list(earlier._way), list(earlier._net)

    def forget(self) -> None:
        """The next measurement is the goal."""
        self._mean = self.held = None
        self._follows = False
        self._agreed_s = 0.0
        self._forget_ways()

    def _forget_ways(self) -> None:
        self._way = [0.0] * len(self._slack)
        self._net = [0.0] * len(self._slack)

    def _went(self, before: Sequence[float], after: Sequence[float]) -> None:
        for at, (old, new) in enumerate(zip(before, after, strict=True)):
            self._way[at] += abs(new - old)
            self._net[at] += new - old

    def _far(self, values: Sequence[float], share: float, strict: bool) -> bool:
        """Whether the mean is further from them than that share of the slack, and of how far it went to and fro."""
        assert self._mean is not None
        for at, (mean, value) in enumerate(zip(self._mean, values, strict=True)):
            # There and back is twice as far as the places are apart.
            apart = 0.0 if strict else (self._way[at] - abs(self._net[at])) / 2
            if abs(mean - value) > share * max(self._slack[at], min(self._slack[at] + apart, self._widest[at])):
                return True
        return False
