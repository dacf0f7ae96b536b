"""What a lens is focused on, and how it gets there: pulled over, as by a hand on the ring."""

from __future__ import annotations

from typing import Final, Literal

import cv2
import numpy as np

from livecut.easing import Eased, Goal
from livecut.kernels.cpu.depth_layers import DepthLayers
from livecut.types import Plane

__all__ = ["Focus", "FocusPull"]

Focus = Literal["person", "point", "distance", "follow"]

_UNSEEN: Final = 0.9
"""Focus while nobody has been in the picture."""
_SLACK: Final = 0.03
"""Change of nearness that is not worth a pull: less than the sharp range, and more than depth trembles."""
_CALM_S: Final = 0.15
_ANOTHER: Final = 0.25
"""A change of the subject from one frame to the next beyond this is a cut, or somebody else: nothing is pulled over."""
_FASTEST: Final = 100.0
"""Nearness a second: the pull's own time is its only bound."""
_HEAD_SHARE: Final = 0.3
"""Of the height of what is seen of a person; the whole head of one who sits before a camera, and no more."""
_LEAST_BLOCKS: Final = 1.0
_LEAST_ROW: Final = 1.5
"""Blocks of person in a row from which it counts: a single curl is no head."""


class FocusPull:
    """Nearness in focus, frame by frame.

    "person" is the mean of the person, "follow" the head, "point" what is seen there, "distance" a nearness. Changes
    are pulled over in time; small ones, and what depth trembles, are none. At a point a single value may be absurd,
    most of all where depth is not made stable: a jump is believed once the next frame agrees.
    """

    def __init__(self, on: Focus, *, point: tuple[float, float], distance: float, pull_s: float) -> None:
        """`point` is in shares of width and height; `pull_s`: seconds until 95 % of a change is done."""
        if on not in ("person", "point", "distance", "follow"):
            raise ValueError(f"focus is person, point, distance or follow, not {on!r}")
        self.on: Final = on
        self._point, self._distance, self._pull_s = point, distance, pull_s
        self._goal = Goal((_SLACK,), _CALM_S)
        self._eased: Eased | None = None
        self._last: float | None = None
        self._doubted: float | None = None
        """A jump at the point that nothing has agreed with so far."""
        self._is_sure = on != "point"
        """Whether something has agreed with what was seen first."""
        self._has_begun_here = False
        """Nothing was taken over: what was seen first was in focus at once."""
        self._rows: Plane = np.empty((0, 1), np.float32)

    def __call__(self, layers: DepthLayers, cover: Plane, seconds: float) -> float:
        """Focus for a frame of this depth, `seconds` after the one before; `cover` (h, w) is the person, 0 … 1."""
        seen = self._seen(layers, cover)
        if seen is not None:
            if self.on in ("person", "follow") and self._last is not None and abs(seen - self._last) > _ANOTHER:
                self.reset()
            if self.on == "point":
                seen = self._believed(seen)
            self._last = seen
            (goal,) = self._goal.measure((seen,), seconds)
            if self._eased is None:
                self._eased = Eased((goal,), self._pull_s, _FASTEST)
                self._has_begun_here = True
            elif self._is_sure:
                self._eased.step((goal,), seconds)
        return _UNSEEN if self._eased is None else self._eased.values[0]

    def go_on_from(self, earlier: FocusPull) -> None:
        """Start where the other is."""
        if earlier._eased is not None:
            self._eased = Eased(earlier._eased.values, self._pull_s, _FASTEST)
            self._eased.go_on_from(earlier._eased)

    def reset(self) -> None:
        """Be at once where the next frame wants it."""
        self._goal.forget()
        self._eased = self._last = self._doubted = None
        self._is_sure, self._has_begun_here = self.on != "point", False

    def _believed(self, seen: float) -> float:
        """What is seen at the point, or was, while a jump stands alone. What was seen first may be what stood alone."""
        last, doubted = self._last, self._doubted
        self._doubted = None
        if last is None or abs(seen - last) <= _ANOTHER:
            self._is_sure = last is not None
            return seen
        if doubted is not None and abs(seen - doubted) <= _ANOTHER:
            if not self._is_sure:
                self._goal.forget()
                self._eased = None if self._has_begun_here else self._eased
            self._is_sure = True
            return seen
        self._doubted = seen
        return last

    def _seen(self, layers: DepthLayers, cover: Plane) -> float | None:
        """Nearness of what it is focused on; None where there is no person to be focused on."""
        if self.on == "distance":
            return self._distance
        if self.on == "point":
            h, w = layers.shape
            y = min(int(self._point[1] * layers.size.height) // layers.block, h - 1)
            x = min(int(self._point[0] * layers.size.width) // layers.block, w - 1)
            return float((layers.person if cover[y, x] > 0.5 else layers.room)[y, x])
        if layers.person_weight < _LEAST_BLOCKS:
            return None
        return layers.person_nearness if self.on == "person" else self._head(layers, cover)

    def _head(self, layers: DepthLayers, cover: Plane) -> float:
        """Mean nearness of the upper end of the person."""
        if self._rows.shape[0] != cover.shape[0]:
            self._rows = np.empty((cover.shape[0], 1), np.float32)
        cv2.reduce(cover, 1, cv2.REDUCE_SUM, dst=self._rows)
        peopled = np.flatnonzero(self._rows[:, 0] >= _LEAST_ROW)
        if peopled.size == 0:
            return layers.person_nearness
        top, bottom = int(peopled[0]), int(peopled[-1]) + 1
        head = slice(top, top + max(round((bottom - top) * _HEAD_SHARE), 1))
        weight = cover[head] * cover[head]
        return float((weight * layers.person[head]).sum() / weight.sum())
