"""Lifts a dark picture gently and steadily, as a camera's own exposure would if it could."""

from __future__ import annotations

from livecut.easing import Eased, Goal
from livecut.kernels.cpu.exposure import apply_curve, lift_curve, lifted_grey, middle_grey
from livecut.protocols import Tone
from livecut.types import Pixels

__all__ = ["LowLight", "gamma_for"]

_TARGET = 0.4
"""Median luma of a well lit room."""
_STRONGEST = 0.35
_HALVINGS = 12
_STEP_S = 0.1


def gamma_for(grey: float, strength: float) -> float:
    """Exponent that brings a median luma `grey` (0 … 1) to that of a lit room, by `strength` 0 … 1 of the way.

    1 for pictures that are light enough: nothing is ever made darker.
    """
    if grey >= _TARGET:
        return 1.0
    low, high = _STRONGEST, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if lifted_grey(grey, middle) < _TARGET:
            high = middle
        else:
            low = middle
    return 1.0 - (1.0 - low) * strength


class LowLight:
    """A curve that follows the picture's light over about two seconds, and not its flicker.

    `strength` 0 … 1 is how much of what is missing is added.
    """

    def __init__(self, strength: float) -> None:
        if not 0.0 <= strength <= 1.0:
            raise ValueError(f"strength must be 0 … 1, not {strength}")
        self._strength = strength
        self._goal = Goal((0.03,), calm_s=0.5)
        self._eased: Eased | None = None
        self._gamma = 1.0
        self._table = lift_curve(1.0)
        self._last_ns = 0

    def __call__(self, bgr: Pixels, captured_ns: int, out: Pixels) -> None:
        """Fill `out` with `bgr` in a better light; both (h, w, 3), `out` may be `bgr`."""
        seconds = min(max((captured_ns - self._last_ns) / 1e9, 0.0), _STEP_S)
        self._last_ns = captured_ns
        goal = self._goal.measure((gamma_for(middle_grey(bgr), self._strength),), seconds)
        if self._eased is None:
            self._eased = Eased(goal, ease_s=2.0, speed=1.0)
        (gamma,) = self._eased.step(goal, seconds)
        if gamma != self._gamma:
            self._gamma, self._table = gamma, lift_curve(min(gamma, 1.0))
        apply_curve(bgr, self._table, out)

    def go_on_from(self, earlier: Tone) -> None:
        """Change the light from what it was."""
        if isinstance(earlier, LowLight):
            self._eased, self._last_ns = earlier._eased, earlier._last_ns
            if self._strength == earlier._strength:  # another one has another goal, however near
                self._goal = earlier._goal

    def reset(self) -> None:
        """The next picture's light is right at once."""
        self._goal.forget()
        self._eased = None
