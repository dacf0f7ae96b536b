"""Linear light at reduced resolution, weighted so that person and background never mix."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.kernels import optics
from livecut.kernels.cpu.bands import in_bands
from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane, Plane8

__all__ = ["level_table", "light_sums", "to_levels"]

_ENTRIES: Final = 4096
_SURE: Final = 248
"""The weight of a pixel that is all of one side: 254 squared twice, each time over 256."""

_to_light = njit(cache=True, nogil=True, fastmath=FAST)(optics.to_light)
_from_light = njit(cache=True, nogil=True, fastmath=FAST)(optics.from_light)


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_light(row: Any, share: Any, bloom: Any, total: Any) -> None:
    for k in range(total.size):
        total[k] += _to_light(np.float32(row[k]), bloom) * np.float32(share[k])


@njit(cache=True, nogil=True)
def _sure(alpha: Any, person: Any, share: Any, cover: Any) -> None:
    # A rim pixel is a mixture of both sides: it counts with the fourth power of how far it is from an even one.
    for x in range(alpha.size):
        cover[x] += np.uint32(alpha[x])
        a = np.uint16(alpha[x])
        a = a if person else np.uint16(255) - a
        sure = np.uint16(2) * max(a, np.uint16(128)) - np.uint16(256)
        sure = (sure * sure) >> np.uint16(8)
        share[x] = (sure * sure) >> np.uint16(8)


@njit(cache=True, nogil=True)
def _spread(share: Any, out: Any, total: Any) -> None:
    for x in range(share.size):
        value = share[x]
        total[x] += np.uint32(value)
        out[3 * x] = value
        out[3 * x + 1] = value
        out[3 * x + 2] = value


@njit(cache=True, nogil=True, fastmath=FAST)
def _light_row(
    rows: Any, alpha: Any, person: Any, block: Any, bloom: Any, y: int, light: Any, weight: Any, cover: Any, share: Any,
    shares: Any, out: Any,
) -> None:  # fmt: skip
    height, width = alpha.shape
    w = out.shape[2]
    light[:] = np.float32(0.0)
    weight[:] = 0
    cover[:] = 0
    top, bottom = y * block, min((y + 1) * block, height)
    for at in range(top, bottom):
        _sure(alpha[at], person, share, cover)
        _spread(share, shares, weight)
        _add_light(rows[at], shares, bloom, light)
    for x in range(w):
        left, right = x * block, min((x + 1) * block, width)
        b, g, r = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        s, c = np.uint32(0), np.uint32(0)
        for at in range(left, right):
            b += light[3 * at]
            g += light[3 * at + 1]
            r += light[3 * at + 2]
            s += weight[at]
            c += cover[at]
        pixels = np.float32((bottom - top) * (right - left))
        scale = np.float32(1.0) / (np.float32(_SURE) * pixels)
        out[0, y, x] = np.float32(s) * scale
        out[1, y, x] = b * scale
        out[2, y, x] = g * scale
        out[3, y, x] = r * scale
        out[4, y, x] = np.float32(c) / (np.float32(255.0) * pixels)


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _light_sums(threads: int, rows: Any, alpha: Any, person: Any, block: Any, bloom: Any, out: Any) -> None:
    width = alpha.shape[1]
    for who in prange(threads):
        light = np.empty(3 * width, np.float32)
        weight, cover = np.empty(width, np.uint32), np.empty(width, np.uint32)
        share, shares = np.empty(width, np.uint8), np.empty(3 * width, np.uint8)
        for y in range(who, out.shape[1], threads):
            _light_row(rows, alpha, person, block, bloom, y, light, weight, cover, share, shares, out)


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


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _to_levels(threads: int, sums: Any, spare: Any, levels: Any, per_root: Any) -> None:
    tiny = np.float32(1e-7)
    _, h, w = sums.shape
    for who in prange(threads):
        for y in range(who, h, threads):
            for x in range(w):
                scale = np.float32(1.0) / (sums[0, y, x] + tiny)
                for c in range(3):
                    light = (sums[c + 1, y, x] + tiny * spare[c]) * scale
                    sums[c + 1, y, x] = _from_light(light, levels, per_root)


def to_levels(sums: Plane, spare: Plane, levels: Plane, per_root: np.float32) -> None:
    """Turn gathered light into pixel levels, in place: `sums` (4, h, w) holds weight and three colours times weight.

    The colours become levels 0 … 255 by the table of `level_table`; `spare` (3,) float32 light stands in where nothing
    was gathered, and fades in where hardly anything was.
    """
    in_bands(_to_levels, sums, spare, levels, per_root)
