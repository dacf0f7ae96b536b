"""Keep the output's frame rate: one window of time for each picture, phase-locked to when pictures arrive."""

from __future__ import annotations

import math

__all__ = ["Pacer"]

# How far the grid follows an arrival, per picture. Small: jitter of one picture must not shake the rate.
_FOLLOW = 0.05


class Pacer:
    """Divides time into windows of one period; exactly one picture is written in each.

    A new picture is written the moment it arrives inside its window; at the window's end the last one is repeated.
    The grid leans towards the arrivals, so that they come to lie in the middle of their windows and neither jitter
    makes repeats nor a fixed grid adds half a period of age. Knows no clock: callers pass monotonic seconds.
    """

    def __init__(self, fps: float, now_s: float) -> None:
        if not fps > 0:
            raise ValueError("fps must be positive")
        self.period_s = 1.0 / fps
        self._centre_s = now_s + self.period_s / 2

    @property
    def opens_s(self) -> float:
        """When the present window begins."""
        return self._centre_s - self.period_s / 2

    @property
    def closes_s(self) -> float:
        """When the present window ends: by then something must be written."""
        return self._centre_s + self.period_s / 2

    def written(self, now_s: float, *, arrived: bool) -> int:
        """Go on to the next window; `arrived`: a new picture came inside this one and was written at `now_s`.

        Returns how many windows a stall has swallowed.
        """
        if arrived:
            self._centre_s += _FOLLOW * (now_s - self._centre_s)
        self._centre_s += self.period_s
        if self.closes_s < now_s:  # a stall: do not make up for lost windows with a burst
            missed = math.floor((now_s - self.closes_s) / self.period_s) + 1
            self._centre_s += missed * self.period_s
            return missed
        return 0
