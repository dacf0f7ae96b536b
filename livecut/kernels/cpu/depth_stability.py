"""Depth without flicker: one scale for all frames of a shot, whatever range each frame has by itself."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels.cpu.checks import in_range
from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane

__all__ = ["UNLIKE", "DepthStabiliser"]

UNLIKE: Final = 0.4
"""Share of the mean change of a cut from which on it is one where the picture looks like none before.

Between five clips a cut changes nearness by .12 to .39; darker, brighter or warmer light in one of them by .01 to .05,
where two people fill the picture before the sky by .12 at most.
"""

_LARGEST: Final = 1e18
"""Beyond it the squares of `_align` overflow; no network answers that."""
_BINS: Final = 1024
_FAR_SHARE: Final = 0.02
_NEAR_SHARE: Final = 0.98
"""Robust ends of the range: what lies beyond is clipped."""
_LEAST_RANGE: Final = 0.3
"""A flat view is not stretched into noise."""
_STATIC: Final = 0.1
"""A pixel that changed by less than this is taken to show the same thing as before."""
_ENOUGH_STATIC: Final = 0.2
_MOVED: Final = 0.15
"""A change beyond this is motion and followed at once; smaller ones are mostly the network's noise."""
_CALM: Final = 0.6
"""How much of a small change is held back at `stabilise` 1."""


@njit(cache=True, nogil=True, fastmath=FAST)
def _range(plane: Any, far_share: Any, near_share: Any, counts: Any) -> Any:
    # Percentiles from a histogram between the extremes.
    low, high = plane[0, 0], plane[0, 0]
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            low = min(low, plane[y, x])
            high = max(high, plane[y, x])
    counts[:] = 0
    bins = counts.size
    if not high > low:
        return low, high
    scale = np.float32(bins - 1) / (high - low)
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            counts[int((plane[y, x] - low) * scale)] += 1
    total = plane.size
    far, near = low, high
    below = 0
    found = False
    for k in range(bins):
        below += counts[k]
        if not found and below >= far_share * total:
            far = low + np.float32(k + 0.5) / scale
            found = True
        if below >= near_share * total:
            near = low + np.float32(k + 0.5) / scale
            break
    return far, near


@njit(cache=True, nogil=True, fastmath=FAST)
def _rescale(plane: Any, scale: Any, shift: Any, out: Any) -> None:
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            out[y, x] = min(max(plane[y, x] * scale + shift, np.float32(0.0)), np.float32(1.0))


@njit(cache=True, nogil=True, fastmath=FAST)
def _mean_change(plane: Any, scale: Any, shift: Any, held: Any) -> Any:
    total = 0.0
    for y in range(plane.shape[0]):
        row: Any = np.float32(0.0)
        for x in range(plane.shape[1]):
            value = min(max(plane[y, x] * scale + shift, np.float32(0.0)), np.float32(1.0))
            row += abs(value - held[y, x])
        total += np.float64(row)
    return total / plane.size


@njit(cache=True, nogil=True, fastmath=FAST)
def _align(plane: Any, own_scale: Any, own_shift: Any, held: Any, static: Any) -> Any:
    # Scale and shift that carry static pixels of `plane` onto `held`: of equal mean and spread rather than least
    # squares, whose slope noise pulls below 1, so that contrast would fade frame by frame. Clipped ends tell nothing.
    zero, one = np.float32(0.0), np.float32(1.0)
    n, sx, sy, sxx, syy = 0, 0.0, 0.0, 0.0, 0.0
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            value = plane[y, x] * own_scale + own_shift
            before = held[y, x]
            if abs(value - before) < static and before > zero and before < one:
                n += 1
                p, q = np.float64(plane[y, x]), np.float64(before)
                sx += p
                sy += q
                sxx += p * p
                syy += q * q
    if n == 0:
        return 0, 0.0, 0.0
    mean_x, mean_y = sx / n, sy / n
    spread_x, spread_y = max(sxx / n - mean_x * mean_x, 0.0), max(syy / n - mean_y * mean_y, 0.0)
    if spread_x < 1e-6 or spread_y < 1e-6:
        return 0, 0.0, 0.0
    scale = np.sqrt(spread_y / spread_x)
    return n, scale, mean_y - scale * mean_x


@njit(cache=True, nogil=True, fastmath=FAST)
def _follow(plane: Any, calm: Any, moved: Any, held: Any) -> None:
    zero, one = np.float32(0.0), np.float32(1.0)
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            change = plane[y, x] - held[y, x]
            hold = calm * max(one - abs(change) / moved, zero)
            held[y, x] += change * (one - hold)


class DepthStabiliser:
    """Keeps the scale of depth from frame to frame and calms what flickers; starts afresh at a cut.

    The range (2nd to 98th percentile) is averaged over time, then every frame is carried by one scale and shift onto
    what the pixels that did not move showed before, and small changes of single pixels are damped. The range of a
    single frame never sets its scale: a hand before the lens would make the wall jump.
    """

    def __init__(self, stabilise: float, cut_threshold: float) -> None:
        """`stabilise`: 0 … 1, share of the earlier scale kept each frame; `cut_threshold`: mean change of a cut."""
        if not 0.0 <= stabilise <= 1.0 or not cut_threshold > 0.0:
            raise ValueError(f"stabilise {stabilise} or cut_threshold {cut_threshold} out of range")
        # A share of 1 would never learn.
        self._keeps = min(stabilise, 0.995)
        self._calm = np.float32(_CALM * stabilise)
        self._cut_threshold = cut_threshold
        self._counts: NDArray[np.int64] = np.zeros(_BINS, np.int64)
        self._held: Plane | None = None
        self._now: Plane = np.empty((0, 0), np.float32)
        self._far = self._near = 0.0
        self.was_cut = False
        """The last plane was of another shot than the one before it."""

    def __call__(self, nearness: Plane, *, unlike: bool = False) -> Plane:
        """Stable nearness 0 … 1 of the same shape, valid until the next call; `nearness` is any float32 plane.

        `unlike`: its picture looks like none before, after a cut or where the light jumped; `UNLIKE` tells which.
        A plane that is not finite (or beyond all reason) comes back as it is."""
        self.was_cut = False
        if nearness.ndim != 2 or nearness.dtype != np.float32 or 0 in nearness.shape:
            raise ValueError(f"nearness must be (h, w) float32, not {nearness.shape} {nearness.dtype}")
        if not in_range(nearness, -_LARGEST, _LARGEST):
            # Whoever checks the answer must see it as it is; a histogram of it would have no bins.
            self._held = None
            return nearness
        far, near = (float(end) for end in _range(nearness, _FAR_SHARE, _NEAR_SHARE, self._counts))
        # The second bound is for scales so large that 0.3 is lost in rounding.
        far = min(far, near - max(_LEAST_RANGE, 1e-6 * abs(near)))
        own_scale, own_shift = 1.0 / (near - far), -far / (near - far)
        held = self._held
        if held is None or held.shape != nearness.shape:
            return self._start(nearness, far, near)
        change = _mean_change(nearness, np.float32(own_scale), np.float32(own_shift), held)
        self.was_cut = bool(change > self._cut_threshold * (UNLIKE if unlike else 1.0))
        if self.was_cut:
            return self._start(nearness, far, near)
        keeps = self._keeps
        self._far = keeps * self._far + (1.0 - keeps) * far
        self._near = keeps * self._near + (1.0 - keeps) * near
        scale, shift = 1.0 / (self._near - self._far), -self._far / (self._near - self._far)
        n, onto, offset = _align(nearness, np.float32(own_scale), np.float32(own_shift), held, np.float32(_STATIC))
        if n >= _ENOUGH_STATIC * nearness.size and 0.5 < onto / scale < 2.0:
            scale += keeps * (onto - scale)
            shift += keeps * (offset - shift)
        _rescale(nearness, np.float32(scale), np.float32(shift), self._now)
        _follow(self._now, self._calm, np.float32(_MOVED), held)
        return held

    def go_on_from(self, earlier: DepthStabiliser) -> None:
        """Take over scale and planes; planes of another shape than the next one's are dropped then."""
        if earlier._held is not None:
            self._held, self._now = earlier._held.copy(), np.empty_like(earlier._held)
            self._far, self._near = earlier._far, earlier._near

    def reset(self) -> None:
        """Forget earlier frames."""
        self._held = None

    def _start(self, nearness: Plane, far: float, near: float) -> Plane:
        self._far, self._near = far, near
        held: Plane = np.empty_like(nearness)
        self._now = np.empty_like(nearness)
        _rescale(nearness, np.float32(1.0 / (near - far)), np.float32(-far / (near - far)), held)
        self._held = held
        return held
