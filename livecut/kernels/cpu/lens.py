"""Gathering of light over circles of confusion that differ from pixel to pixel."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels.cpu.resample import FAST

__all__ = ["LEAST_RADIUS", "RUN", "STEPS", "disc_areas", "gather", "reach_of", "repeat_border"]

STEPS: Final = 32
"""Entries of the table of disc areas a pixel of radius."""
LEAST_RADIUS: Final = 0.5
"""A disc is at least the pixel it comes from."""
RUN: Final = 64
"""Pixels that are worked on together: four of the widest vector registers."""


def reach_of(radius: float) -> int:
    """How many pixels a disc of `radius` reaches from its centre: its rim is one pixel soft."""
    return max(int(np.ceil(radius - 0.5 + 1e-6)), 0)


def disc_areas(reach: int) -> NDArray[np.float32]:
    """Areas of discs as `gather` draws them, for radii 0, 1/32, 2/32, …: so that a disc spreads exactly its light."""
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    far = np.hypot(y, x)[None]
    radii = np.arange((reach + 1) * STEPS + 2)[:, None, None] / STEPS
    cover = np.clip(np.maximum(radii, LEAST_RADIUS) - far + 0.5, 0.0, 1.0)
    areas: NDArray[np.float32] = cover.sum(axis=(1, 2)).astype(np.float32)
    return areas


@njit(cache=True, nogil=True, fastmath=FAST)
def _cover(flat: Any, a: Any, b: Any, c: Any, d: Any, most: Any, edge: Any, n: Any, cover: Any) -> None:
    # How far the discs of four runs of samples cover the pixels: their radius beyond the distance, `edge` being the
    # distance less 1/2. Offsets are unsigned: numba tests signed ones for wrapping round, which keeps a loop scalar.
    zero, one = np.float32(0.0), np.float32(1.0)
    for i in range(n):
        here = flat[most + i] - edge
        cover[i] = min(max(min(flat[a + i] - edge, here), zero), one)
        cover[n + i] = min(max(min(flat[b + i] - edge, here), zero), one)
        cover[n + n + i] = min(max(min(flat[c + i] - edge, here), zero), one)
        cover[n + n + n + i] = min(max(min(flat[d + i] - edge, here), zero), one)


@njit(cache=True, nogil=True, fastmath=FAST)
def _add(flat: Any, a: Any, b: Any, c: Any, d: Any, cover: Any, n: Any, totals: Any, to: Any) -> None:
    for i in range(n):
        totals[to + i] += (cover[i] * flat[a + i] + cover[n + i] * flat[b + i]) + (
            cover[n + n + i] * flat[c + i] + cover[n + n + n + i] * flat[d + i]
        )


@njit(cache=True, nogil=True, fastmath=FAST)
def _gather_run(
    flat: Any, plane: Any, start: Any, stride: Any, reach: Any, largest: Any, n: Any, cover: Any, totals: Any
) -> None:
    # One run of pixels of a row. Whole arrays and offsets, no slices: each costs as much as a hundred pixels.
    most = np.uint64(plane * 5 + start)
    for k in range(4):
        source = np.uint64(plane * (k + 1) + start)
        to = np.uint64(n * np.uint64(k))
        for i in range(n):
            totals[to + i] = flat[source + i]
    # A quarter turn maps this quadrant onto the next one: four samples at the same distance.
    for dy in range(1, reach + 1):
        for dx in range(reach + 1):
            edge = np.float32(np.sqrt(np.float32(dy * dy + dx * dx)) - np.float32(0.5))
            if edge >= largest:
                break
            down = start + dy * stride + dx
            up = start - dy * stride - dx
            right = start + dx * stride - dy
            left = start - dx * stride + dy
            _cover(flat, np.uint64(down), np.uint64(up), np.uint64(right), np.uint64(left), most, edge, n, cover)
            for k in range(4):
                skip = plane * (k + 1)
                _add(
                    flat,
                    np.uint64(down + skip),
                    np.uint64(up + skip),
                    np.uint64(right + skip),
                    np.uint64(left + skip),
                    cover,
                    n,
                    totals,
                    np.uint64(n * np.uint64(k)),
                )


@njit(cache=True, nogil=True, fastmath=FAST)
def gather(flat: Any, reach: Any, wanted: Any, scratch: Any, out: Any) -> None:
    """Sum, for every wanted pixel, the light of all discs that cover it (scatter as gather).

    `flat` holds six planes (h + 2 reach, w + 2 reach) float32 with a border of `reach` empty pixels, and `RUN` values
    more: radius, weight over disc area, three colours times that, and the largest radius that may cover a pixel. A disc
    counts as far as the smaller of its own radius and that: what lies behind never spreads over what is nearer.
    `wanted` (h, w) uint8 is 0 where nothing is needed; `scratch` is (8 (w + RUN),) float32. `out` (4, h, w) gets weight
    and three colours, 0 where not wanted.
    """
    _, h, w = out.shape
    stride = w + 2 * reach
    plane = stride * (h + 2 * reach)
    cover, totals = scratch[: 4 * (w + RUN)], scratch[4 * (w + RUN) :]
    for y in range(h):
        x = 0
        while x < w:
            if wanted[y, x] == 0:
                for k in range(4):
                    out[k, y, x] = np.float32(0.0)
                x += 1
                continue
            # A gap shorter than a few vector registers is not worth a new run.
            start = (y + reach) * stride + x + reach
            end, gap = x + 1, 0
            largest = flat[5 * plane + start]
            at = x + 1
            while at < w and gap < RUN // 2:
                if wanted[y, at] != 0:
                    end, gap = at + 1, 0
                    largest = max(largest, flat[5 * plane + start + at - x])
                else:
                    gap += 1
                at += 1
            n = end - x
            # Whole registers only: what a run computes beyond its end is dropped.
            whole = (n + RUN - 1) // RUN * RUN
            _gather_run(flat, plane, start, stride, reach, largest, np.uint64(whole), cover, totals)
            for k in range(4):
                for i in range(n):
                    out[k, y, x + i] = totals[k * whole + i]
            x = end


def repeat_border(flat: NDArray[np.float32], reach: int, shape: tuple[int, int]) -> None:
    """Fill the border of the six planes with their outermost pixels, as if the picture went on."""
    h, w = shape
    planes = flat[: 6 * (h + 2 * reach) * (w + 2 * reach)].reshape(6, h + 2 * reach, w + 2 * reach)
    inner = planes[:, reach : reach + h]
    inner[:, :, :reach] = inner[:, :, reach : reach + 1]
    inner[:, :, reach + w :] = inner[:, :, reach + w - 1 : reach + w]
    planes[:, :reach] = planes[:, reach : reach + 1]
    planes[:, reach + h :] = planes[:, reach + h - 1 : reach + h]
