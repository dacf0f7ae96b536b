"""Linear light at reduced resolution, weighted so that person and background never mix."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.kernels import optics
from livecut.kernels.cpu.bands import GRID_ROWS, ROWS, in_bands
from livecut.kernels.cpu.purity import MIXED, PERSON, ROOM, judge, run_end
from livecut.kernels.cpu.resample import FAST
from livecut.kernels.cpu.stretches import fill, triple
from livecut.types import Plane, Plane8

__all__ = ["level_table", "light_sums", "to_levels"]

_ENTRIES: Final = 4096
_SURE: Final = 248
"""The weight of a pixel that is all of one side: 254 squared twice, each time over 256."""
_STRIP: Final = 16
"""Columns of blocks that are judged together: all of one side, or weighed pixel by pixel."""

_to_light = njit(cache=True, nogil=True, fastmath=FAST)(optics.to_light)
_table_place = njit(cache=True, nogil=True, fastmath=FAST)(optics.table_place)
_level_at = njit(cache=True, nogil=True, fastmath=FAST)(optics.level_at)


# Ranges inside whole rows are walked with unsigned indices, as in `stretches`: that keeps the loops vectorised.


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_light(row: Any, share: Any, bloom: Any, k0: int, k1: int, total: Any) -> None:
    for k in range(np.uint64(k0), np.uint64(k1)):
        total[k] += _to_light(np.float32(row[k]), bloom) * np.float32(share[k])


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_plain_light(row: Any, bloom: Any, k0: int, k1: int, total: Any) -> None:
    for k in range(np.uint64(k0), np.uint64(k1)):
        total[k] += _to_light(np.float32(row[k]), bloom)


@njit(cache=True, nogil=True)
def _sure(alpha: Any, person: Any, x0: int, x1: int, share: Any, cover: Any, weight: Any) -> None:
    # A rim pixel is a mixture of both sides: it counts with the fourth power of how far it is from an even one.
    flip = np.uint8(0) if person else np.uint8(255)
    for x in range(np.uint64(x0), np.uint64(x1)):
        sure = np.uint16(2) * max(np.uint16(alpha[x] ^ flip), np.uint16(128)) - np.uint16(256)
        sure = (sure * sure) >> np.uint16(8)
        share[x] = (sure * sure) >> np.uint16(8)
        cover[x] += np.uint32(alpha[x])
    for x in range(np.uint64(x0), np.uint64(x1)):
        weight[x] += np.uint32(share[x])


@njit(cache=True, nogil=True)
def _per_pixel(x: int, block: int, tall: int, width: int) -> Any:
    # One over the pixels of block `x`: the border may cut it off.
    return np.float32(1.0) / np.float32(tall * min(block, width - x * block))


@njit(cache=True, nogil=True, fastmath=FAST)
def _mean_weight(weight: Any, cover: Any, block: int, tall: int, first: int, end: int, y: int, out: Any) -> None:
    scale = _per_pixel(first, block, tall, cover.size)
    for x in range(first, end):
        left, right = np.uint64(x * block), np.uint64(min((x + 1) * block, cover.size))
        s, c = np.uint32(0), np.uint32(0)
        for at in range(left, right):
            s += weight[at]
            c += cover[at]
        if x == end - 1:
            scale = _per_pixel(x, block, tall, cover.size)
        out[0, y, x] = np.float32(s) * (scale * np.float32(1.0 / _SURE))
        # A block all of 255 is 1 and no rounding above: what nobody's room is must be none at all.
        out[4, y, x] = min(np.float32(c) * (scale * np.float32(1.0 / 255.0)), np.float32(1.0))


@njit(cache=True, nogil=True, fastmath=FAST)
def _mean_light(light: Any, per_weight: Any, block: int, tall: int, first: int, end: int, y: int, out: Any) -> None:
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    width = light.size // 3
    scale = _per_pixel(first, block, tall, width) * per_weight
    for x in range(first, end):
        left, right = np.uint64(x * block), np.uint64(min((x + 1) * block, width))
        b, g, r = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for at in range(left, right):
            b += light[three * at]
            g += light[three * at + one]
            r += light[three * at + two]
        if x == end - 1:
            scale = _per_pixel(x, block, tall, width) * per_weight
        out[1, y, x] = b * scale
        out[2, y, x] = g * scale
        out[3, y, x] = r * scale


@njit(cache=True, nogil=True, fastmath=FAST)
def _light_row(
    rows: Any, alpha: Any, person: Any, block: Any, bloom: Any, y: int, light: Any, weight: Any, cover: Any, share: Any,
    shares: Any, marks: Any, kinds: Any, out: Any,
) -> None:  # fmt: skip
    height, width = alpha.shape
    top, bottom = y * block, min((y + 1) * block, height)
    zero, one, tall, strip = np.float32(0.0), np.float32(1.0), bottom - top, _STRIP * block
    judge(alpha, top, bottom, strip, marks, kinds)
    first = 0
    while first < kinds.size:
        kind, end = kinds[first], run_end(kinds, first)
        x0, x1 = first * strip, min(end * strip, width)
        begin, limit = first * _STRIP, min(end * _STRIP, out.shape[2])
        first = end
        is_own = kind == (PERSON if person else ROOM)
        if kind == MIXED or is_own:
            fill(zero, 3 * x0, 3 * x1, light)
        if kind == MIXED:
            fill(np.uint32(0), x0, x1, weight)
            fill(np.uint32(0), x0, x1, cover)
            for at in range(top, bottom):
                _sure(alpha[at], person, x0, x1, share, cover, weight)
                triple(share, x0, x1, shares)
                _add_light(rows[at], shares, bloom, 3 * x0, 3 * x1, light)
            _mean_weight(weight, cover, block, tall, begin, limit, y, out)
            _mean_light(light, np.float32(1.0 / _SURE), block, tall, begin, limit, y, out)
            continue
        fill(one if is_own else zero, begin, limit, out[0, y])
        fill(one if kind == PERSON else zero, begin, limit, out[4, y])
        if is_own:
            for at in range(top, bottom):
                _add_plain_light(rows[at], bloom, 3 * x0, 3 * x1, light)
            _mean_light(light, one, block, tall, begin, limit, y, out)
        else:
            for k in range(1, 4):
                fill(zero, begin, limit, out[k, y])


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _light_sums(threads: int, rows: Any, alpha: Any, person: Any, block: Any, bloom: Any, out: Any) -> None:
    width = alpha.shape[1]
    at_once = max(1, ROWS // block)
    for who in prange(threads):
        light = np.empty(3 * width, np.float32)
        weight, cover = np.empty(width, np.uint32), np.empty(width, np.uint32)
        share, shares = np.empty(width, np.uint8), np.empty(3 * width, np.uint8)
        marks = np.empty((2, width), np.uint8)
        kinds = np.empty(-(-width // (_STRIP * block)), np.int64)
        for first in range(who * at_once, out.shape[1], threads * at_once):
            for y in range(first, min(first + at_once, out.shape[1])):
                _light_row(
                    rows, alpha, person, block, bloom, y, light, weight, cover, share, shares, marks, kinds, out
                )  # fmt: skip


def light_sums(rows: Plane8, alpha: Plane8, person: bool, block: int, bloom: np.float32, out: Plane) -> None:
    """Mean light of every block of `block` x `block` pixels, each pixel weighted by how surely it is one side.

    `rows` (H, 3 W) uint8 and `alpha` (H, W) uint8 give `out` (5, h, w) float32: the mean weight (0 … 1, background, or
    person if `person`), three colours of linear light times weight, and the mean alpha (0 … 1). h and w are H and W
    over `block`, rounded up; a block cut off by the border counts the pixels it has.
    """
    in_bands(_light_sums, rows, alpha, person, block, bloom, out)


def level_table(bloom: float) -> tuple[NDArray[np.float32], np.float32]:
    """Levels 0 … 255 over the root of raised light, and the entries a unit of that root: what `to_levels` reads."""
    levels = np.linspace(0.0, 255.0, 255 * 64 + 1).astype(np.float32)
    roots = np.sqrt(optics.to_light(levels, np.float32(bloom)).astype(np.float64))  # type: ignore[arg-type]
    entries = np.linspace(0.0, roots[-1], _ENTRIES)
    return np.interp(entries, roots, levels).astype(np.float32), np.float32((_ENTRIES - 1) / roots[-1])


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _table_places(weight: Any, light: Any, spare: Any, per_root: Any, out: Any) -> None:
    tiny = np.float32(1e-7)
    for x in range(np.uint64(out.size)):
        out[x] = _table_place((light[x] + tiny * spare) * (np.float32(1.0) / (weight[x] + tiny)), per_root)


@njit(cache=True, nogil=True, fastmath=FAST)
def _look_up_levels(places: Any, levels: Any, out: Any) -> None:
    for x in range(np.uint64(out.size)):
        out[x] = _level_at(places[x], levels)


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _to_levels(threads: int, sums: Any, spare: Any, levels: Any, per_root: Any) -> None:
    _, h, w = sums.shape
    for who in prange(threads):
        places = np.empty(w, np.float32)
        for first in range(who * GRID_ROWS, h, threads * GRID_ROWS):
            for y in range(first, min(first + GRID_ROWS, h)):
                for c in range(3):
                    _table_places(sums[0, y], sums[c + 1, y], spare[c], per_root, places)
                    _look_up_levels(places, levels, sums[c + 1, y])


def to_levels(sums: Plane, spare: Plane, levels: Plane, per_root: np.float32) -> None:
    """Turn gathered light into pixel levels, in place: `sums` (4, h, w) holds weight and three colours times weight.

    The colours become levels 0 … 255 by the table of `level_table`; `spare` (3,) float32 light stands in where nothing
    was gathered, and fades in where hardly anything was.
    """
    in_bands(_to_levels, sums, spare, levels, per_root)
