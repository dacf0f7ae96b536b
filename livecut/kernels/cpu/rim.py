"""A person's rim before another background: free of the old one's colour, and lit by the new one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from livecut.kernels.cpu.bands import MOST, in_bands
from livecut.kernels.cpu.checks import check_pixels, check_plane8
from livecut.kernels.cpu.purity import PERSON, ROOM, judge
from livecut.kernels.cpu.reduced import block_sums, blurred_colours, gaussian, gaussian_weights
from livecut.kernels.cpu.resample import FAST, taps
from livecut.kernels.cpu.stretches import copy, triple
from livecut.types import Pixels, Plane8, Size

__all__ = ["Rim"]

_REFERENCE_LINES = 720
# Side of a block, and blur of the colours on both sides and of the light, in pixels of a 720-line frame.
_BLOCK_PX, _COLOUR_PX, _LIGHT_PX = 8, 9.0, 14.0
# Blocks judged together: all person, all background, or worked out pixel by pixel.
_CHUNK = 4
_NOBODY, _PERSON, _MIXED = 0, 1, 2
# Rows that a thread takes at a time: each time it begins with two rows of the colours.
_ROWS = 64


@njit(cache=True, nogil=True)
def _purity_row(alpha: Any, block: int, y: int, marks: Any, kinds: Any, state: Any) -> None:
    judge(alpha, y * block, min((y + 1) * block, alpha.shape[0]), block, marks, kinds)
    for x in range(kinds.size):
        state[y, x] = _PERSON if kinds[x] == PERSON else (_NOBODY if kinds[x] == ROOM else _MIXED)


@njit(cache=True, nogil=True, parallel=True)
def _purity(threads: int, alpha: Any, block: int, state: Any) -> None:
    for who in prange(threads):
        marks, kinds = np.empty((2, alpha.shape[1]), np.uint8), np.empty(state.shape[1], np.int64)
        for y in range(who, state.shape[0], threads):
            _purity_row(alpha, block, y, marks, kinds, state)


@njit(cache=True, nogil=True)
def _chunk_states(state: Any, lit: Any, chunk: int, out: Any) -> None:
    # `out` (h + 1, chunks): what lies between the centres of block rows y - 1 and y, where bilinear colours reach.
    h, w = state.shape
    for y in range(h + 1):
        for c in range(out.shape[1]):
            kind = -1
            for j in range(max(0, y - 1), min(h, y + 1)):
                for i in range(max(0, c * chunk - 1), min(w, (c + 1) * chunk + 1)):
                    here = _MIXED if state[j, i] == _PERSON and lit[j, i] else state[j, i]
                    kind = here if kind in (-1, here) else _MIXED
            out[y, c] = kind


@njit(cache=True, nogil=True, fastmath=FAST)
def _wrap(light: Any, weight: Any, amount: Any, out: Any, lit: Any) -> None:
    # `weight` is the blurred share of background round a block: one half on a straight edge, less further inside.
    least = np.float32(0.02)
    level = np.float32(1.0 / 255.0)
    for y in range(lit.shape[0]):
        for x in range(lit.shape[1]):
            reach = min(np.float32(1.0), np.float32(2.0) * max(np.float32(0.0), weight[y, x] - least))
            lit[y, x] = reach > np.float32(0.0)
            for c in range(3):
                out[c, y, x] = amount * reach * light[c, y, x] * level


@njit(cache=True, nogil=True, fastmath=FAST)
def _openness_row(alpha: Any, block: int, y: int, total: Any, out: Any) -> None:
    height, width = alpha.shape
    total[:] = 0
    bottom = min((y + 1) * block, height)
    for at in range(y * block, bottom):
        row = alpha[at]
        for x in range(width):
            total[x] += np.uint32(255) - np.uint32(row[x])
    for x in range(out.shape[1]):
        right = min((x + 1) * block, width)
        count = 0
        for at in range(x * block, right):
            count += total[at]
        out[y, x] = np.float32(count / (255.0 * (bottom - y * block) * (right - x * block)))


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _openness(threads: int, alpha: Any, block: int, out: Any) -> None:
    """Share of background (0 … 1) in every block."""
    for who in prange(threads):
        total = np.empty(alpha.shape[1], np.uint32)
        for y in range(who, out.shape[0], threads):
            _openness_row(alpha, block, y, total, out)


# Ranges inside whole rows are walked with unsigned indices, as in `coverage`: that keeps the loops vectorised.


@njit(cache=True, nogil=True, fastmath=FAST)
def _enlarge(planes: Any, y: int, low: Any, weight: Any, x0: int, x1: int, out: Any) -> None:
    last, one, two, three = np.uint64(planes.shape[2] - 1), np.uint64(1), np.uint64(2), np.uint64(3)
    b_row, g_row, r_row = planes[0, y], planes[1, y], planes[2, y]
    for x in range(np.uint64(x0), np.uint64(x1)):
        left, share = np.uint64(low[x]), weight[x]
        right = min(left + one, last)
        b, g, r = b_row[left], g_row[left], r_row[left]
        out[three * x] = b + (b_row[right] - b) * share
        out[three * x + one] = g + (g_row[right] - g) * share
        out[three * x + two] = r + (r_row[right] - r) * share


@njit(cache=True, nogil=True, fastmath=FAST)
def _clean(pixels: Any, share: Any, upper: Any, lower: Any, weight: Any, k0: int, k1: int, out: Any) -> None:
    # Blur-fusion foreground estimation (Forte, "Approximate fast foreground colour estimation", 2021): the local
    # colour of the person, corrected by what this pixel shows beyond the mixture of both local colours. With alpha 1
    # this is the pixel itself.
    zero, top, level = np.float32(0.0), np.float32(255.0), np.float32(1.0 / 255.0)
    person_upper, person_lower, room_upper, room_lower = upper[0], lower[0], upper[1], lower[1]
    for k in range(np.uint64(k0), np.uint64(k1)):
        a = np.float32(share[k]) * level
        person = person_upper[k] + (person_lower[k] - person_upper[k]) * weight
        room = room_upper[k] + (room_lower[k] - room_upper[k]) * weight
        mixture = room + (person - room) * a
        out[k] = min(max(person + a * (np.float32(pixels[k]) - mixture), zero), top)


@njit(cache=True, nogil=True, fastmath=FAST)
def _place(front: Any, share: Any, upper: Any, lower: Any, weight: Any, back: Any, k0: int, k1: int, out: Any) -> None:
    # The backdrop's light is added as a screen does: it brightens, and never beyond white.
    level, half, top = np.float32(1.0 / 255.0), np.float32(0.5), np.float32(255.0)
    light_upper, light_lower = upper[2], lower[2]
    for k in range(np.uint64(k0), np.uint64(k1)):
        light = light_upper[k] + (light_lower[k] - light_upper[k]) * weight
        shown = front[k] + (top - front[k]) * light
        behind = np.float32(back[k])
        out[k] = np.uint8(behind + (shown - behind) * (np.float32(share[k]) * level) + half)


@njit(cache=True, nogil=True, fastmath=FAST)
def _present(front: Any, share: Any, k0: int, k1: int, out: Any) -> None:
    for k in range(np.uint64(k0), np.uint64(k1)):
        value = np.uint8(front[k] + np.float32(0.5))
        out[k] = value if share[k] > 0 else np.uint8(0)


@njit(cache=True, nogil=True, fastmath=FAST)
def _run_rows(
    first_row: int, end_row: int, rows: Any, alpha: Any, backdrop: Any, planes: Any, clean: bool, solid: bool,
    states: Any, edges: Any, low_x: Any, weight_x: Any, low_y: Any, weight_y: Any, band: Any, line: Any, share: Any,
    out: Any,
) -> None:  # fmt: skip
    # `planes` (3, 3, h, w): the person's colour, the old background's, the light; `band` (2, 3, 3 W) holds two of
    # their rows at full width. `solid`: no backdrop, the person alone on black.
    h = planes.shape[2]
    chunks = states.shape[1]
    first_plane, end_plane = 0 if clean else 2, 2 if solid else 3
    for y in range(first_row, end_row):
        at = low_y[y]
        below = min(at + 1, h - 1)
        fresh = y == first_row or at != low_y[y - 1]
        between = at + 1 if h > 1 else 0
        first = 0
        while first < chunks:
            kind = states[between, first]
            end = first + 1
            while end < chunks and states[between, end] == kind:
                end += 1
            x0, x1 = edges[first], edges[end]
            k0, k1 = 3 * x0, 3 * x1
            first = end
            if kind == _PERSON:
                copy(rows[y], k0, k1, out[y])
            elif kind == _NOBODY:
                if solid:
                    out[y, k0:k1] = 0
                else:
                    copy(backdrop[y], k0, k1, out[y])
            else:
                if fresh:
                    for k in range(first_plane, end_plane):
                        _enlarge(planes[k], at, low_x, weight_x, x0, x1, band[0, k])
                        _enlarge(planes[k], below, low_x, weight_x, x0, x1, band[1, k])
                triple(alpha[y], x0, x1, share)
                if clean:
                    _clean(rows[y], share, band[0], band[1], weight_y[y], k0, k1, line)
                else:
                    copy(rows[y], k0, k1, line)
                if solid:
                    _present(line, share, k0, k1, out[y])
                else:
                    _place(line, share, band[0], band[1], weight_y[y], backdrop[y], k0, k1, out[y])


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _run(
    threads: int, rows: Any, alpha: Any, backdrop: Any, planes: Any, clean: bool, solid: bool, states: Any, edges: Any,
    low_x: Any, weight_x: Any, low_y: Any, weight_y: Any, bands: Any, lines: Any, shares: Any, out: Any,
) -> None:  # fmt: skip
    count = alpha.shape[0]
    for who in prange(threads):
        for first in range(who * _ROWS, count, threads * _ROWS):
            _run_rows(
                first, min(first + _ROWS, count), rows, alpha, backdrop, planes, clean, solid, states, edges,
                low_x, weight_x, low_y, weight_y, bands[who], lines[who], shares[who], out,
            )  # fmt: skip


class Rim:
    """Puts people of frames of one size before another background, with care for their rim.

    The colours on both sides of the rim, and how much background is near, are worked out on blocks of pixels; they are
    looked up only where the rim is. Inside the person every byte stays as it is, but for the light where it reaches.
    """

    def __init__(self, size: Size, *, decontaminate: bool, light_wrap: float) -> None:
        """Take the memory. `light_wrap` 0 … 1: how far the rim goes towards white before a white background."""
        if not 0.0 <= light_wrap <= 1.0:
            raise ValueError(f"light_wrap must be 0 … 1, not {light_wrap}")
        self.size = size
        self._clean, self._amount = decontaminate, np.float32(light_wrap)
        lines = size.height / _REFERENCE_LINES
        self._block = max(2, round(_BLOCK_PX * lines))
        shape = (-(-size.height // self._block), -(-size.width // self._block))
        self._colour_weights = gaussian_weights(_COLOUR_PX * lines / self._block)
        self._light_weights = gaussian_weights(_LIGHT_PX * lines / self._block)
        self._person = np.empty((4, *shape), np.float32)
        self._room = np.empty((4, *shape), np.float32)
        self._share = np.empty((1, *shape), np.float32)
        self._light = np.zeros((4, *shape), np.float32)
        self._scratch = np.empty((4, *shape), np.float32)
        self._planes = np.zeros((3, 3, *shape), np.float32)
        self._state = np.empty(shape, np.uint8)
        self._lit = np.zeros(shape, np.bool_)
        chunks = -(-shape[1] // _CHUNK)
        self._states = np.empty((shape[0] + 1, chunks), np.uint8)
        self._edges = np.minimum(np.arange(chunks + 1) * (_CHUNK * self._block), size.width)
        self._x = taps(shape[1], size.width, self._block)
        self._y = taps(shape[0], size.height, self._block)
        self._bands = np.empty((MOST, 2, 3, 3 * size.width), np.float32)
        self._lines = np.empty((MOST, 3 * size.width), np.float32)
        self._shares = np.empty((MOST, 3 * size.width), np.uint8)
        self._nobody = np.zeros((size.height, size.width), np.uint8)

    def light(self, backdrop: Pixels) -> None:
        """Take the light from `backdrop` (h, w, 3); needed once for each that `over` gets."""
        check_pixels("backdrop", backdrop, self.size)
        if self._amount > 0.0:
            self._sums(backdrop, self._nobody, False, self._light, self._light_weights)

    def over(self, bgr: Pixels, alpha: Plane8, backdrop: Pixels, out: Pixels) -> None:
        """Fill `out` with `bgr` (h, w, 3) over `backdrop` by `alpha` (h, w); `light(backdrop)` came before."""
        check_pixels("backdrop", backdrop, self.size)
        self._paint(bgr, alpha, backdrop, out, solid=False)

    def alone(self, bgr: Pixels, alpha: Plane8, out: Pixels) -> None:
        """Fill `out` with the person's own colour wherever `alpha` is above 0, and black elsewhere.

        What goes with this alpha in a straight (not premultiplied) picture; nothing of the room is left in it.
        """
        self._paint(bgr, alpha, bgr, out, solid=True)

    def _sums(self, bgr: Pixels, alpha: Plane8, person: bool, planes: Any, weights: Any) -> None:
        block_sums(bgr.reshape(self.size.height, -1), alpha, person, self._block, planes)
        blurred_colours(planes, bgr, weights, self._scratch)

    def _paint(self, bgr: Pixels, alpha: Plane8, backdrop: Pixels, out: Pixels, *, solid: bool) -> None:
        check_pixels("bgr", bgr, self.size)
        check_plane8("alpha", alpha, self.size)
        check_pixels("out", out, self.size)
        in_bands(_purity, alpha, self._block, self._state)
        if self._clean:
            self._sums(bgr, alpha, True, self._person, self._colour_weights)
            self._sums(bgr, alpha, False, self._room, self._colour_weights)
            self._planes[0], self._planes[1] = self._person[:3], self._room[:3]
        if self._amount > 0.0 and not solid:
            in_bands(_openness, alpha, self._block, self._share[0])
            gaussian(self._share, self._light_weights, self._scratch, self._share)
            _wrap(self._light, self._share[0], self._amount, self._planes[2], self._lit)
        _chunk_states(self._state, self._lit, _CHUNK, self._states)
        height = self.size.height
        in_bands(
            _run, bgr.reshape(height, -1), alpha, backdrop.reshape(height, -1), self._planes, self._clean, solid,
            self._states, self._edges, *self._x, *self._y, self._bands, self._lines, self._shares,
            out.reshape(height, -1),
        )  # fmt: skip
