"""What is joined to the person and as near as she is: cups, books, an arm stretched out, but no chairs and tables."""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.resample import FAST
from livecut.kernels.cpu.things import (
    FALL,
    HALO,
    LEAST_PERSON,
    LEAST_SPAN,
    MOST,
    OVERSHOOT,
    PROBE,
    RISE,
    choose_held,
    fill_chosen,
    join,
    made_up,
    measure,
    scale_of,
    window,
)
from livecut.types import Plane, Size

__all__ = ["NearKeeper", "refit"]

# Nearness is measured in spans: 0 as near as the person is close by, -1 as far as the room is on average.
_TOLERANCE: Final = 0.3
"""How much farther than the person's nearest part a thing may be."""
_SOFT: Final = 0.08
"""Half the range of nearness over which the rim of what is kept fades."""
_LESSER: Final = 0.15
"""How much farther than all of her on average a part of her is believed to be: bystanders hold nothing."""
_HOLD: Final = 0.5
"""How much more of that is forgiven to what was kept in the frame before."""
_MOST_NEAR: Final = 0.4
"""Most of the frame that `near` keeps."""
_THIN: Final = 3
"""Half the width, in pixels, of what is too thin: depth is smeared across outlines that far."""
_LEAST_ROOM: Final = 0.02
"""Share of the frame without which no room is there to compare with."""
_INSIDE: Final = 2
"""Pixels inside the outline from which on nearness is the person's own."""
_REACH: Final = 1.2
"""How far from the person a thing may reach, in square roots of her area."""
_AVERAGED: Final = 16
"""Half the window in which her nearness is averaged, in pixels."""
_CLOSE: Final = np.float32(1.0)
"""A step of the chamfer distance to the side."""
_ACROSS: Final = np.float32(math.sqrt(2.0))


@njit(cache=True, nogil=True)
def _survey(alpha: Any, nearness: Any, core: Any, tally: Any) -> None:
    # tally: person's pixels; sum and count of her nearness; sum and count of the room's; extremes of all.
    person = near = core_count = room = room_count = 0.0
    low = high = nearness[0, 0]
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a, n = alpha[y, x], nearness[y, x]
            low, high = min(low, n), max(high, n)
            if a > np.float32(0.5):
                person += 1.0
                if core[y, x] > np.float32(0.5):
                    near += n
                    core_count += 1.0
            elif a < np.float32(0.1):
                room += n
                room_count += 1.0
    tally[0], tally[1], tally[2], tally[3], tally[4] = person, near, core_count, room, room_count
    tally[5], tally[6] = low, high


@njit(cache=True, nogil=True)
def _carry(core: Any, around: Any, weight: Any, away: Any, hers: Any) -> None:
    # A chamfer transform that takes along the nearness of the person's nearest pixel.
    h, w = core.shape
    for y in range(h):
        for x in range(w):
            if core[y, x] > np.float32(0.5):
                away[y, x], hers[y, x] = np.float32(0.0), around[y, x] / weight[y, x]
                continue
            best, value = np.float32(1e9), np.float32(0.0)
            if x > 0 and away[y, x - 1] + _CLOSE < best:
                best, value = away[y, x - 1] + _CLOSE, hers[y, x - 1]
            if y > 0:
                if away[y - 1, x] + _CLOSE < best:
                    best, value = away[y - 1, x] + _CLOSE, hers[y - 1, x]
                if x > 0 and away[y - 1, x - 1] + _ACROSS < best:
                    best, value = away[y - 1, x - 1] + _ACROSS, hers[y - 1, x - 1]
                if x + 1 < w and away[y - 1, x + 1] + _ACROSS < best:
                    best, value = away[y - 1, x + 1] + _ACROSS, hers[y - 1, x + 1]
            away[y, x], hers[y, x] = best, value
    for y in range(h - 1, -1, -1):
        for x in range(w - 1, -1, -1):
            best, value = away[y, x], hers[y, x]
            if x + 1 < w and away[y, x + 1] + _CLOSE < best:
                best, value = away[y, x + 1] + _CLOSE, hers[y, x + 1]
            if y + 1 < h:
                if away[y + 1, x] + _CLOSE < best:
                    best, value = away[y + 1, x] + _CLOSE, hers[y + 1, x]
                if x > 0 and away[y + 1, x - 1] + _ACROSS < best:
                    best, value = away[y + 1, x - 1] + _ACROSS, hers[y + 1, x - 1]
                if x + 1 < w and away[y + 1, x + 1] + _ACROSS < best:
                    best, value = away[y + 1, x + 1] + _ACROSS, hers[y + 1, x + 1]
            away[y, x], hers[y, x] = best, value


@njit(cache=True, nogil=True, fastmath=FAST)
def _compare(nearness: Any, hers: Any, least: Any, per_span: Any, out: Any) -> None:
    for k in range(out.size):
        out[k] = (nearness[k] - max(hers[k], least)) * per_span


@njit(cache=True, nogil=True)
def _candidates(alpha: Any, near: Any, away: Any, reach: Any, state: Any, out: Any) -> None:
    tolerance, hold = np.float32(_TOLERANCE), np.float32(_HOLD)
    for k in range(out.size):
        limit = -tolerance * (np.float32(1.0) + hold * state[k])
        out[k] = 1 if near[k] > limit and away[k] < reach and not alpha[k] > np.float32(0.5) else 0


@njit(cache=True, nogil=True)
def _settle(alpha: Any, near: Any, chosen: Any, steady: bool, state: Any, out: Any) -> None:
    zero, one, least = np.float32(0.0), np.float32(1.0), np.float32(-OVERSHOOT)
    start, per_soft = np.float32(_TOLERANCE + _SOFT), np.float32(0.5 / _SOFT)
    gone = np.float32(-2.0 * _TOLERANCE - _SOFT)
    for k in range(out.size):
        target = zero
        if chosen[k] != 0:
            t = min(one, max(zero, (near[k] + start) * per_soft))
            target = t * t * (np.float32(3.0) - np.float32(2.0) * t)
        value = target
        # What is far by now has moved on: it leaves no trail.
        if steady and near[k] > gone:
            share = np.float32(RISE) if target > state[k] else np.float32(FALL)
            value = state[k] + share * (target - state[k])
        state[k] = value
        # Written so that a matte that is not a number stays so, as does one that is no coverage, and is refused.
        out[k] = value if value > alpha[k] and alpha[k] >= least else alpha[k]


def refit(plane: Plane, out: Plane) -> None:
    """Fill `out` (h, w) float32 with `plane` (any size, float32), as if both were stretched over one frame."""
    check_plane("out", out, Size(out.shape[1], out.shape[0]))
    if plane.ndim != 2 or plane.size == 0 or plane.dtype != np.float32:
        raise ValueError(f"plane must be (h, w) float32, not {plane.shape} {plane.dtype}")
    cv2.resize(plane, (out.shape[1], out.shape[0]), dst=out, interpolation=cv2.INTER_LINEAR)


class NearKeeper:
    """Adds to mattes of one size what is near; the last frame's answer calms the next one's.

    `joined`: only what touches the person, ends before the room and is no larger than she; otherwise everything that is
    as near as the person or nearer, up to 0.4 of the frame.
    """

    def __init__(self, size: Size, *, joined: bool) -> None:
        """Take the memory."""
        self.size = size
        self._joined = joined
        shape = (size.height, size.width)
        pixels = size.width * size.height
        self._core = np.empty(shape, np.float32)
        self._away = np.empty(shape, np.float32)
        self._around = np.empty(shape, np.float32)
        self._weight = np.empty(shape, np.float32)
        self._hers = np.empty(shape, np.float32)
        self._near = np.empty(shape, np.float32)
        self._state = np.zeros(shape, np.float32)
        self._solid = np.empty(shape, np.uint8)
        self._opened = np.empty(shape, np.uint8)
        self._labels = np.empty(shape, np.int32)
        # No two neighbours both begin a component, so half the pixels is the most there can be.
        self._parent = np.empty(pixels // 2 + 1, np.int32)
        self._found = np.empty((pixels // 2 + 1, 8), np.float64)
        self._tally = np.empty(7, np.float64)
        scale = scale_of(size)
        self._inner, self._thin, self._rim = window(_INSIDE, scale), window(_THIN, scale), np.ones((3, 3), np.uint8)
        self._window = window(_AVERAGED, scale).shape
        self._probe, self._halo = max(1, round(PROBE * scale)), np.float32(HALO * scale)
        self._person = 0.0

    def forget(self) -> None:
        """Nothing was kept before."""
        self._state.fill(0.0)

    def rehearse(self) -> None:
        """Keep what a made-up person holds, and forget it, so that all there is to do has been compiled."""
        person, thing = made_up(self.size)
        self(person, person + thing, np.empty_like(person))
        self.forget()

    def go_on_from(self, earlier: NearKeeper) -> None:
        """Take over the last frame's answer, where it is of the same size and kind."""
        if (earlier.size, earlier._joined) == (self.size, self._joined):
            self._state[...] = earlier._state
            self._person = earlier._person

    def __call__(self, alpha: Plane, nearness: Plane, out: Plane, *, steady: bool = True) -> None:
        """Fill `out` (h, w) float32 with `alpha` (h, w) 0 … 1 and what is near by `nearness` (h, w), any scale.

        Where nobody is seen, or depth does not tell the person from the room or is not finite, `out` is `alpha`.
        `steady`: what was kept before goes slowly, and is tried less hard.
        """
        for name, plane in (("alpha", alpha), ("nearness", nearness), ("out", out)):
            check_plane(name, plane, self.size)
        if not steady:
            self._state.fill(0.0)
        if not self._compared(alpha, nearness):
            self._state.fill(0.0)
            np.copyto(out, alpha)
            return
        self._choose(alpha)
        chosen, state = self._solid.reshape(-1), self._state.reshape(-1)
        _settle(alpha.reshape(-1), self._near.reshape(-1), chosen, steady, state, out.reshape(-1))

    def _compared(self, alpha: Plane, nearness: Plane) -> bool:
        """Fill `_near`; False where there is nothing to compare."""
        cv2.erode(alpha, self._inner, dst=self._core)
        _survey(alpha, nearness, self._core, self._tally)
        person, near, core_count, room, room_count, low, high = self._tally.tolist()
        pixels = alpha.size
        if person < LEAST_PERSON * pixels or core_count == 0 or room_count < _LEAST_ROOM * pixels:
            return False
        span = near / core_count - room / room_count
        # So that whatever is not finite makes it False.
        if not (span >= LEAST_SPAN * (high - low) and span > 1e-6):
            return False
        self._person = person
        if self._joined:
            cv2.threshold(self._core, 0.5, 1.0, cv2.THRESH_BINARY, dst=self._core)
            cv2.multiply(self._core, nearness, dst=self._near)
            cv2.blur(self._near, self._window, dst=self._around)
            cv2.blur(self._core, self._window, dst=self._weight)
            _carry(self._core, self._around, self._weight, self._away, self._hers)
        else:
            self._hers.fill(near / core_count)
            self._away.fill(0.0)
        least, per_span = np.float32(near / core_count - _LESSER * span), np.float32(1.0 / span)
        _compare(nearness.reshape(-1), self._hers.reshape(-1), least, per_span, self._near.reshape(-1))
        return True

    def _choose(self, alpha: Plane) -> None:
        """Leave in `_solid` what is to stay."""
        state = self._state.reshape(-1)
        reach = np.float32(_REACH * math.sqrt(self._person))
        _candidates(
            alpha.reshape(-1), self._near.reshape(-1), self._away.reshape(-1), reach, state, self._solid.reshape(-1)
        )
        cv2.erode(self._solid, self._thin, dst=self._opened)
        cv2.dilate(self._opened, self._thin, dst=self._solid)
        if self._joined:
            count = join(self._solid, self._labels, self._parent)
            place = self._labels, alpha, self._near, self._away, self._state
            measure(*place, self._probe, self._halo, count, self._found)
            total = choose_held(count, float(alpha.size), self._person, self._parent, self._found)
            most = MOST * self._person
            fill_chosen(self._labels.reshape(-1), self._parent, self._opened.reshape(-1))
        else:
            total, most = float(cv2.countNonZero(self._solid)), float(_MOST_NEAR * alpha.size)
            np.copyto(self._opened, self._solid)
        # More than that is no thing in a hand but a mistake, and a mistake would show the room.
        if total > most:
            self._opened.fill(0)
        cv2.dilate(self._opened, self._rim, dst=self._solid)
