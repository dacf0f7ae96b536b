"""Blur of the background alone, free of the person's colour, and a blur of everything that hides a room."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from livecut.kernels.cpu.bands import MOST, in_bands
from livecut.kernels.cpu.checks import check_pixels, check_plane8
from livecut.kernels.cpu.fill import Filler
from livecut.kernels.cpu.purity import MIXED, PERSON, STRIP, judge, run_end
from livecut.kernels.cpu.reduced import block_sums, blurred_colours, gaussian_weights, thin
from livecut.kernels.cpu.resample import FAST, enlarge_pixels, taps
from livecut.kernels.cpu.room_memory import RoomMemory
from livecut.kernels.cpu.stretches import copy, triple
from livecut.kernels.sharp_share import sharp_share
from livecut.types import Pixels, Plane8, Size

__all__ = ["BackgroundBlur", "PrivacyBlur"]

_REFERENCE_LINES = 720
THINNED = 0.1
"""Weight of blocks beside the person: mattes err by a few pixels there, and what is filled would glow."""
_PRIVACY_SHARE = 1.0 / 12.0
"""Standard deviation of the privacy blur as a share of the picture's height."""


# Rows that are judged together, and that a thread takes at a time: each time it begins with two rows of the background.
_GROUP, _ROWS = 8, 64

_sharp_share = njit(cache=True, nogil=True, fastmath=FAST)(sharp_share)


@njit(cache=True, nogil=True, fastmath=FAST)
def _mix(
    front: Any, upper: Any, lower: Any, weight: Any, share: Any, dim: Any, own: Any, k0: int, k1: int, out: Any
) -> None:  # fmt: skip
    scale, one, half = np.float32(1.0 / 255.0), np.float32(1.0), np.float32(0.5)
    for k in range(np.uint64(k0), np.uint64(k1)):
        back = upper[k] + (lower[k] - upper[k]) * weight
        person = _sharp_share(np.float32(share[k]) * scale, own)
        # A rim pixel holds some of the room's light: not dimmed with the room, it would glow before it.
        mixed = back + (np.float32(front[k]) * (one - dim * (one - person)) - back) * person
        out[k] = np.uint8(mixed + half)


@njit(cache=True, nogil=True, fastmath=FAST)
def _show_back(upper: Any, lower: Any, weight: Any, k0: int, k1: int, out: Any) -> None:
    half = np.float32(0.5)
    for k in range(np.uint64(k0), np.uint64(k1)):
        out[k] = np.uint8(upper[k] + (lower[k] - upper[k]) * weight + half)


@njit(cache=True, nogil=True, fastmath=FAST)
def _recompose_rows(
    first_row: int, end_row: int, rows: Any, alpha: Any, planes: Any, low_x: Any, weight_x: Any, low_y: Any,
    weight_y: Any, dim: Any, own: Any, band: Any, share: Any, marks: Any, kinds: Any, out: Any,
) -> None:  # fmt: skip
    last = planes.shape[1] - 1
    width = alpha.shape[1]
    held, upper, lower = -1, 0, 1
    for y in range(first_row, end_row):
        at = low_y[y]
        if at != held:
            if held >= 0 and at == held + 1:
                upper, lower = lower, upper
            else:
                enlarge_pixels(planes, at, low_x, weight_x, band[upper])
            enlarge_pixels(planes, min(at + 1, last), low_x, weight_x, band[lower])
            held = at
        if (y - first_row) % _GROUP == 0:
            judge(alpha, y, min(y + _GROUP, end_row), STRIP, marks, kinds)
        strip = 0
        while strip < kinds.size:
            end = run_end(kinds, strip)
            x0, x1 = strip * STRIP, min(end * STRIP, width)
            if kinds[strip] == MIXED:
                triple(alpha[y], x0, x1, share)
                _mix(rows[y], band[upper], band[lower], weight_y[y], share, dim, own, 3 * x0, 3 * x1, out[y])
            elif kinds[strip] == PERSON:
                copy(rows[y], 3 * x0, 3 * x1, out[y])
            else:
                _show_back(band[upper], band[lower], weight_y[y], 3 * x0, 3 * x1, out[y])
            strip = end


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _recompose(
    threads: int, rows: Any, alpha: Any, planes: Any, low_x: Any, weight_x: Any, low_y: Any, weight_y: Any, dim: Any,
    own: Any, bands: Any, shares: Any, out: Any,
) -> None:  # fmt: skip
    count = alpha.shape[0]
    for who in prange(threads):
        marks = np.empty((2, alpha.shape[1]), np.uint8)
        kinds = np.empty(-(-alpha.shape[1] // STRIP), np.int64)
        for first in range(who * _ROWS, count, threads * _ROWS):
            _recompose_rows(
                first, min(first + _ROWS, count), rows, alpha, planes, low_x, weight_x, low_y, weight_y, dim, own,
                bands[who], shares[who], marks, kinds, out,
            )  # fmt: skip


@njit(cache=True, nogil=True, fastmath=FAST)
def _shade(planes: Any, light: Any, saturation: Any) -> None:
    _, h, w = planes.shape
    for y in range(h):
        for x in range(w):
            b, g, r = planes[0, y, x], planes[1, y, x], planes[2, y, x]
            # BT.601 luma, as everywhere a camera's own grey is meant.
            grey = np.float32(0.114) * b + np.float32(0.587) * g + np.float32(0.299) * r
            planes[0, y, x] = light * (grey + (b - grey) * saturation)
            planes[1, y, x] = light * (grey + (g - grey) * saturation)
            planes[2, y, x] = light * (grey + (r - grey) * saturation)


def _block(sigma: float) -> int:
    """Largest power of two that leaves the blur three reduced pixels wide: coarser shows, finer costs."""
    block = 1
    while block < 32 and sigma / (2 * block) >= 3.0:
        block *= 2
    return block


class BackgroundBlur:
    """A blurred background behind the sharp person, for frames of one size.

    The blur is that of the room alone, so no colour of the person reaches it and there is no halo: with w how surely a
    pixel is background, what is missing of `I w` is filled from around, near the person's edge with what is near.
    It is worked out on blocks of pixels and mixed with the sharp picture at full resolution: pixels with alpha 255 keep
    their very bytes.
    """

    def __init__(
        self, size: Size, radius_px: float, *, dim: float = 0.0, saturation: float = 1.0, calm: bool = False
    ) -> None:
        """Take the memory. `radius_px` is the standard deviation in pixels of a 720-line frame.

        `dim` 0 … 1 is how much of the background's light goes, `saturation` 0 … 1 how much of its colour stays.
        Both are worked on the reduced background and cost nothing that could be measured. `calm`: pictures follow each
        other, and the room keeps still in them where the camera's only trembles, until `forget`.
        """
        for name, value in (("dim", dim), ("saturation", saturation)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must be 0 … 1, not {value}")
        self._light, self._saturation = np.float32(1.0 - dim), np.float32(saturation)
        sigma = radius_px * size.height / _REFERENCE_LINES
        self.size = size
        self._block = _block(sigma)
        shape = (-(-size.height // self._block), -(-size.width // self._block))
        self._weights = gaussian_weights(max(sigma / self._block, 0.1))
        self._planes = np.empty((4, *shape), np.float32)
        self._scratch = np.empty_like(self._planes)
        self._fill = Filler(*shape)
        self._memory = RoomMemory(shape) if calm else None
        self._x = taps(shape[1], size.width, self._block)
        self._y = taps(shape[0], size.height, self._block)
        self._bands = np.empty((MOST, 2, 3 * size.width), np.float32)
        self._shares = np.empty((MOST, 3 * size.width), np.uint8)

    def __call__(self, bgr: Pixels, alpha: Plane8, out: Pixels) -> None:
        """Fill `out` (h, w, 3) with `bgr` (h, w, 3), blurred where `alpha` (h, w) is not 255."""
        check_pixels("bgr", bgr, self.size)
        check_plane8("alpha", alpha, self.size)
        check_pixels("out", out, self.size)
        rows = bgr.reshape(self.size.height, -1)
        block_sums(rows, alpha, False, self._block, self._planes)
        thin(self._planes, np.float32(THINNED), self._scratch[0])
        self._fill(self._planes)
        blurred_colours(self._planes, bgr, self._weights, self._scratch)
        if self._memory is not None:
            self._memory(self._planes)
        if self._light != 1.0 or self._saturation != 1.0:
            _shade(self._planes, self._light, self._saturation)
        target = out.reshape(self.size.height, -1)
        dim = np.float32(1.0) - self._light
        own = (self._light * self._saturation) ** 2
        in_bands(_recompose, rows, alpha, self._planes, *self._x, *self._y, dim, own, self._bands, self._shares, target)

    def go_on_from(self, earlier: BackgroundBlur) -> bool:
        """Take over what another one of the same grid and blur remembers; False where it is of another."""
        if self._memory is None or earlier._memory is None or not np.array_equal(self._weights, earlier._weights):
            return False
        return self._memory.go_on_from(earlier._memory)

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        if self._memory is not None:
            self._memory.forget()


class PrivacyBlur:
    """The whole frame blurred beyond recognition, person and all: what may stand in for the privacy card.

    Standard deviation: a twelfth of the height. Anything finer, letters and codes above all, is gone and cannot be
    sharpened back: what is left has fewer than a hundred levels of detail across the picture and eight bits a level.
    """

    def __init__(self, size: Size) -> None:
        """Take the memory."""
        self._blur = BackgroundBlur(size, _PRIVACY_SHARE * _REFERENCE_LINES)
        self._alpha = np.zeros((size.height, size.width), np.uint8)

    def __call__(self, bgr: Pixels, out: Pixels) -> None:
        """Fill `out` (h, w, 3) with `bgr` (h, w, 3), blurred."""
        self._blur(bgr, self._alpha, out)
