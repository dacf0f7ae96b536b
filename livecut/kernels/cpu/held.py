"""What a network says a person holds, added to her matte: only what is joined to her, steadied over time."""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.things import (
    FALL,
    LEAST,
    LEAST_PERSON,
    LEAST_SPAN,
    OVERSHOOT,
    RISE,
    fill_chosen,
    join,
    made_up,
    scale_of,
    window,
)
from livecut.types import Plane, Size

__all__ = ["HeldKeeper"]

_SURE: Final = 0.5
"""Coverage from which on a pixel is hers, or a thing's."""
_MEAN: Final = 0.6
"""Least mean coverage of a thing: where a network only wonders whether something is held, it mostly is not."""
_HOLD: Final = 0.2
"""How much less is asked of a pixel that was kept in the frame before,"""
_HOLD_MEAN: Final = 0.35
"""of a thing that was, on the mean,"""
_FORGIVEN: Final = 0.5
"""and the share by which it may be smaller, or farther."""
_GONE: Final = 0.2
"""Below this a thing has moved on, and leaves no trail."""
_MOST: Final = 2.0
"""Largest thing, and most that is kept altogether, as a share of the person,"""
_MOST_FRAME: Final = 0.5
"""and of the frame: more is a mistake, and a mistake would show the room."""
_BORDER: Final = 0.5
"""Most of a thing's outline that may lie on the picture's border: the room beside a person has more there."""
_ROOM: Final = 0.1
"""Coverage below which a pixel is the room's, whose depth things are compared with."""
_FARTHEST: Final = 0.4
"""How far behind her, where the room is 1 on average, a thing may be: what is told of there is mostly furniture."""
_THIN: Final = 1
"""Half the width, in pixels, of what is too thin: that far the outlines of matte and of what is held differ."""
_REACH: Final = 3
"""How far from the sure person, in pixels, a thing is still joined to her: between hand and thing a network doubts."""
_RIM: Final = 2
"""How far the soft edge of a thing reaches beyond where it is sure."""


@njit(cache=True, nogil=True)
def _seek(alpha: Any, held: Any, state: Any, person: Any, solid: Any) -> int:
    # Where she is, and where something is held; how many pixels are hers.
    sure, hold, hers = np.float32(_SURE), np.float32(_HOLD), 0
    for k in range(alpha.size):
        a = alpha[k]
        is_hers = a > sure
        person[k] = np.uint8(is_hers)
        hers += is_hers
        solid[k] = np.uint8(a <= sure and held[k] > sure - hold * state[k])
    return hers


@njit(cache=True, nogil=True)
def _measure(
    labels: Any, held: Any, thick: Any, beside: Any, nearness: Any, state: Any, count: int, found: Any
) -> None:
    # Columns: pixels that are thick enough; sides of their outline, and those on the picture's border; pixels beside
    # the person, thick or not; nearness, what was kept before and coverage, summed.
    h, w = labels.shape
    for label in range(count):
        for k in range(7):
            found[label, k] = 0.0
    for y in range(h):
        for x in range(w):
            label = labels[y, x]
            if label < 0:
                continue
            if beside[y, x] != 0:
                found[label, 3] += 1.0
            if thick[y, x] == 0:
                continue
            found[label, 0] += 1.0
            found[label, 4] += nearness[y, x]
            found[label, 5] += state[y, x]
            found[label, 6] += held[y, x]
            border = (y == 0) + (x == 0) + (y == h - 1) + (x == w - 1)
            outline = border
            if y > 0 and thick[y - 1, x] == 0:
                outline += 1
            if x > 0 and thick[y, x - 1] == 0:
                outline += 1
            if y < h - 1 and thick[y + 1, x] == 0:
                outline += 1
            if x < w - 1 and thick[y, x + 1] == 0:
                outline += 1
            found[label, 1] += outline
            found[label, 2] += border


@njit(cache=True, nogil=True)
def _choose(count: int, least: float, most: float, near: float, room: float, found: Any, parent: Any) -> float:
    # 1 into `parent` for each part that is held, else 0; how many pixels these are together.
    total = 0.0
    for label in range(count):
        area, outline, border, beside, nearness, before, covered = found[label]
        before /= max(area, 1.0)
        forgiven = _FORGIVEN * before
        stays = area >= max(1.0, least * (1.0 - forgiven)) and area <= most
        stays = stays and beside > 0.0 and border <= _BORDER * outline
        stays = stays and covered >= (_MEAN - _HOLD_MEAN * before) * area
        # Written so that depth that is not a number says nothing.
        if stays and nearness / area < near - _FARTHEST * (1.0 + forgiven) * (near - room):
            stays = False
        parent[label] = 1 if stays else 0
        if stays:
            total += area
    return total


@njit(cache=True, nogil=True)
def _compare(alpha: Any, held: Any, nearness: Any) -> Any:
    # Her mean nearness and the room's; not a number where they differ too little to say anything.
    near = room = hers = rooms = 0.0
    low = high = nearness[0]
    for k in range(alpha.size):
        n = nearness[k]
        low, high = min(low, n), max(high, n)
        if alpha[k] > np.float32(_SURE):
            near += n
            hers += 1.0
        elif alpha[k] < np.float32(_ROOM) and held[k] < np.float32(_ROOM):
            room += n
            rooms += 1.0
    if hers == 0.0 or rooms == 0.0:
        return np.nan, np.nan
    near /= hers
    room /= rooms
    if not (near - room >= LEAST_SPAN * (high - low) and near - room > 1e-6):
        return np.nan, np.nan
    return near, room


@njit(cache=True, nogil=True)
def _settle(alpha: Any, held: Any, chosen: Any, steady: bool, state: Any, out: Any) -> None:
    zero, gone = np.float32(0.0), np.float32(_GONE)
    rise, fall = np.float32(RISE), np.float32(FALL)
    low, high = np.float32(-OVERSHOOT), np.float32(1.0 + OVERSHOOT)
    for k in range(alpha.size):
        a, h = alpha[k], held[k]
        if not (h >= low and h <= high and a == a):
            state[k] = zero
            out[k] = np.float32(np.nan)
            continue
        target = h if chosen[k] != 0 else zero
        value = target
        if steady and h >= gone:
            value = state[k] + (rise if target > state[k] else fall) * (target - state[k])
        state[k] = value
        # A matte that is none is left to the plan, whatever is added to it.
        out[k] = value if value > a and a >= low else a


class HeldKeeper:
    """Adds to mattes of one size what is held; the last frame's answer calms the next one's.

    What is held is kept in parts, which must reach to within three pixels of where the matte is sure of the person and
    be three pixels thick somewhere. A part is none that she holds if it is below 0.6 on the mean, smaller than 0.002 of
    the frame, larger than twice what is seen of her or than half the frame, farther than 0.4 of the way from her to the
    room behind her, or if more than half of its outline lies on the picture's border. Where all together are larger,
    none is kept.
    """

    def __init__(self, size: Size) -> None:
        """Take the memory."""
        self.size = size
        shape = (size.height, size.width)
        pixels = size.width * size.height
        self._state = np.zeros(shape, np.float32)
        self._person, self._beside, self._solid, self._thick, self._spare = np.empty((5, *shape), np.uint8)
        self._labels = np.empty(shape, np.int32)
        # No two neighbours both begin a component, so half the pixels is the most there can be.
        self._parent = np.empty(pixels // 2 + 1, np.int32)
        self._found = np.empty((pixels // 2 + 1, 7), np.float64)
        scale = scale_of(size)
        self._thin, self._reach, self._rim = (window(half, scale) for half in (_THIN, _REACH, _RIM))

    def forget(self) -> None:
        """Nothing was kept before."""
        self._state.fill(0.0)

    def rehearse(self) -> None:
        """Keep what a made-up person holds, and forget it, so that all there is to do has been compiled."""
        person, thing = made_up(self.size)
        self(person, thing, np.empty_like(person), nearness=person + thing)
        self.forget()

    def go_on_from(self, earlier: HeldKeeper) -> None:
        """Take over the last frame's answer, where it is of the same size."""
        if earlier.size == self.size:
            self._state[...] = earlier._state

    def __call__(
        self, alpha: Plane, held: Plane, out: Plane, *, nearness: Plane | None = None, steady: bool = True
    ) -> None:
        """Fill `out` (h, w) float32 with the larger of `alpha`, her matte, and of those parts of `held` joined to her.

        All are coverage, (h, w) 0 … 1. `nearness` (h, w), any scale: without it, or where it does not tell her from the
        room, no part is too far.
        `steady`: what was kept before goes slowly, unless `held` has left it, and is tried less hard. What is no
        number in `alpha`, or no coverage in `held`, is not a number in `out`, for the plan to refuse, and is
        forgotten with the next frame; what else is no coverage in `alpha` stays as it is.
        """
        for name, plane in (("alpha", alpha), ("held", held), ("out", out)):
            check_plane(name, plane, self.size)
        if nearness is not None:
            check_plane("nearness", nearness, self.size)
        if not steady:
            self._state.fill(0.0)
        flat, told, state = alpha.reshape(-1), held.reshape(-1), self._state.reshape(-1)
        hers = _seek(flat, told, state, self._person.reshape(-1), self._solid.reshape(-1))
        if hers < LEAST_PERSON * alpha.size:
            self._thick.fill(0)
        else:
            self._choose(alpha, held, nearness, hers)
        _settle(flat, told, self._thick.reshape(-1), steady, state, out.reshape(-1))

    def _choose(self, alpha: Plane, held: Plane, nearness: Plane | None, hers: int) -> None:
        """Leave in `_thick` what is to stay."""
        cv2.erode(self._solid, self._thin, dst=self._spare)
        cv2.dilate(self._spare, self._thin, dst=self._thick)
        if cv2.countNonZero(self._thick) == 0:
            return
        near = room = math.nan
        if nearness is not None:
            near, room = _compare(alpha.reshape(-1), held.reshape(-1), nearness.reshape(-1))
        cv2.dilate(self._person, self._reach, dst=self._beside)
        count = join(self._solid, self._labels, self._parent)
        depth = alpha if nearness is None else nearness
        _measure(self._labels, held, self._thick, self._beside, depth, self._state, count, self._found)
        least, most = LEAST * alpha.size, min(_MOST * hers, _MOST_FRAME * alpha.size)
        total = _choose(count, least, most, near, room, self._found, self._parent)
        if total > most:
            self._thick.fill(0)
            return
        fill_chosen(self._labels.reshape(-1), self._parent, self._spare.reshape(-1))
        cv2.bitwise_and(self._spare, self._thick, dst=self._spare)
        cv2.dilate(self._spare, self._rim, dst=self._thick)
