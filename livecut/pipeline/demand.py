"""Whether pictures are wanted: the camera rests while no program watches what it would be filmed for."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["LOOK_S", "REST_AFTER_S", "Demand"]

LOOK_S: Final = 0.25
"""How often outputs are asked: a program that opens the virtual camera waits no longer for the real one."""
REST_AFTER_S: Final = 5.0
"""Programs close a camera and open it again while they are set up, some of them several times."""


class Demand:
    """Goes up with the first program that watches, and down when none has for `rest_after_s`.

    Fed with what outputs say now, not with what changed: a change that nobody told of is seen at the next look. Knows
    no clock: callers pass monotonic seconds.
    """

    def __init__(self, now_s: float, rest_after_s: float = REST_AFTER_S) -> None:
        """Nobody is waited for at the start: until the first look there is no demand."""
        self._rest_after_s = rest_after_s
        self._next_look_s = now_s
        self._watched_s = -math.inf
        self.is_there = False

    def is_due(self, now_s: float) -> bool:
        """Whether it is time to look again."""
        return now_s >= self._next_look_s

    def saw(self, watched: bool, now_s: float) -> bool:
        """Take note of a look; whether pictures are wanted."""
        self._next_look_s = now_s + LOOK_S
        if watched:
            self._watched_s = now_s
        self.is_there = now_s - self._watched_s < self._rest_after_s
        return self.is_there
