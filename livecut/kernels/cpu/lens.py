"""Gathering of light over circles of confusion that differ from pixel to pixel."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.kernels.cpu.bands import in_bands
from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane8

__all__ = ["LEAST_RADIUS", "RUN", "STEPS", "Aperture", "gather", "repeat_border"]

STEPS: Final = 32
"""Entries of the table of areas a pixel of radius."""
LEAST_RADIUS: Final = 0.5
"""A disc is at least the pixel it comes from."""
RUN: Final = 64
"""Pixels that are worked on together: four of the widest vector registers."""


class Aperture:
    """The shape that a point out of focus becomes: a disc, or the polygon that an iris of straight blades leaves open.

    A polygon has the area of the disc, so that a radius means the same strength for both.
    """

    def __init__(self, radius: float, blades: int = 0, turned_deg: float = 0.0) -> None:
        """For radii up to `radius`. Fewer than 3 `blades` leave a disc; a polygon not turned has a corner above."""
        self._blades, self._turned = blades, math.radians(turned_deg)
        corner = 1.0
        if blades >= 3:
            corner = math.sqrt(2.0 * math.pi / (blades * math.sin(2.0 * math.pi / blades)))
        self.reach: Final = max(math.ceil((radius + 0.5) * corner + 1e-6) - 1, 0)
        """How many pixels it reaches from its centre: its rim is one pixel soft."""
        side = np.arange(-self.reach, self.reach + 1)
        far = self._size_at(side[:, None], side[None, :])[None]
        radii = np.arange((self.reach + 1) * STEPS + 2)[:, None, None] / STEPS
        cover = np.clip(np.maximum(radii, LEAST_RADIUS) - far + 0.5, 0.0, 1.0)
        self.areas: Final[NDArray[np.float32]] = cover.sum(axis=(1, 2)).astype(np.float32)
        """Areas as `gather` draws them, for radii 0, 1/32, 2/32, …: so that each spreads exactly its light."""

    def edges(self, *, mirrored: bool = False) -> NDArray[np.float32]:
        """(4, reach + 1, reach + 1): the radius at which light from a sample half covers a pixel, less 1/2.

        By the quarter turn and by how far down and right the sample lies from the pixel before it is turned.
        `mirrored` is for what lies before the focus, where rays have not yet crossed.
        """
        down, right = np.mgrid[0 : self.reach + 1, 0 : self.reach + 1]
        offsets = ((down, right), (-down, -right), (right, -down), (-right, down))
        # Light runs from the sample to the pixel, against the offset.
        sign = 1 if mirrored else -1
        sizes = np.stack([self._size_at(sign * y, sign * x) for y, x in offsets])
        return np.ascontiguousarray(sizes - 0.5, np.float32)

    def _size_at(self, y: NDArray[np.int64], x: NDArray[np.int64]) -> NDArray[np.float64]:
        """Radius of the shape whose rim goes through (y, x)."""
        n = self._blades
        if n < 3:
            return np.hypot(y, x)
        apothem = math.sqrt(math.pi / (n * math.tan(math.pi / n)))
        turns = self._turned + 2 * math.pi * (np.arange(n) + 0.5) / n - math.pi / 2
        along = np.multiply.outer(np.cos(turns), x) + np.multiply.outer(np.sin(turns), y)
        return np.asarray(along.max(axis=0) / apothem)


@njit(cache=True, nogil=True, fastmath=FAST)
def _cover(
    flat: Any,
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    most: Any,
    edge_a: Any,
    edge_b: Any,
    edge_c: Any,
    edge_d: Any,
    n: Any,
    cover: Any,
) -> None:
    # How far the shapes of four runs of samples cover the pixels: their radius beyond the edge towards the pixel.
    # Offsets are unsigned: numba tests signed ones for wrapping round, which keeps a loop scalar.
    zero, one = np.float32(0.0), np.float32(1.0)
    for i in range(n):
        here = flat[most + i]
        cover[i] = min(max(min(flat[a + i] - edge_a, here - edge_a), zero), one)
        cover[n + i] = min(max(min(flat[b + i] - edge_b, here - edge_b), zero), one)
        cover[n + n + i] = min(max(min(flat[c + i] - edge_c, here - edge_c), zero), one)
        cover[n + n + n + i] = min(max(min(flat[d + i] - edge_d, here - edge_d), zero), one)


@njit(cache=True, nogil=True, fastmath=FAST)
def _add(flat: Any, a: Any, b: Any, c: Any, d: Any, cover: Any, n: Any, totals: Any, to: Any) -> None:
    for i in range(n):
        totals[to + i] += (cover[i] * flat[a + i] + cover[n + i] * flat[b + i]) + (
            cover[n + n + i] * flat[c + i] + cover[n + n + n + i] * flat[d + i]
        )


@njit(cache=True, nogil=True, fastmath=FAST)
def _gather_run(
    flat: Any,
    plane: Any,
    start: Any,
    stride: Any,
    reach: Any,
    edges: Any,
    largest: Any,
    n: Any,
    cover: Any,
    totals: Any,
) -> None:
    # One run of pixels of a row. Whole arrays and offsets, no slices: each costs as much as a hundred pixels.
    most = np.uint64(plane * 5 + start)
    for k in range(4):
        source = np.uint64(plane * (k + 1) + start)
        to = np.uint64(n * np.uint64(k))
        for i in range(n):
            totals[to + i] = flat[source + i]
    # A quarter turn maps this quadrant onto the next one: four samples at a time.
    for dy in range(1, reach + 1):
        for dx in range(reach + 1):
            edge_a, edge_b = edges[0, dy, dx], edges[1, dy, dx]
            edge_c, edge_d = edges[2, dy, dx], edges[3, dy, dx]
            if min(edge_a, edge_b, edge_c, edge_d) >= largest:
                continue
            down = start + dy * stride + dx
            up = start - dy * stride - dx
            right = start + dx * stride - dy
            left = start - dx * stride + dy
            _cover(
                flat,
                np.uint64(down),
                np.uint64(up),
                np.uint64(right),
                np.uint64(left),
                most,
                edge_a,
                edge_b,
                edge_c,
                edge_d,
                n,
                cover,
            )
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
def _gather_row(flat: Any, reach: Any, edges: Any, wanted: Any, y: int, cover: Any, totals: Any, out: Any) -> None:
    _, h, w = out.shape
    stride = w + 2 * reach
    plane = stride * (h + 2 * reach)
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
        _gather_run(flat, plane, start, stride, reach, edges, largest, np.uint64(whole), cover, totals)
        for k in range(4):
            for i in range(n):
                out[k, y, x + i] = totals[k * whole + i]
        x = end


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _gather(threads: int, flat: Any, reach: Any, edges: Any, wanted: Any, scratch: Any, out: Any) -> None:
    _, h, w = out.shape
    half = 4 * (w + RUN)
    for who in prange(threads):
        # By turns: what is wanted lies close together.
        for y in range(who, h, threads):
            _gather_row(flat, reach, edges, wanted, y, scratch[who, :half], scratch[who, half:], out)


def gather(
    flat: NDArray[np.float32],
    reach: int,
    edges: NDArray[np.float32],
    wanted: Plane8,
    scratch: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Sum, for every wanted pixel, the light of all discs that cover it (scatter as gather).

    `reach` and `edges` are those of an `Aperture`. `flat` holds six planes (h + 2 reach, w + 2 reach) float32 with a
    border of `reach` empty pixels, and `RUN` values more: radius, weight over disc area, three colours times that, and
    the largest radius that may cover a pixel. A disc counts as far as the smaller of its own radius and that: what lies
    behind never spreads over what is nearer. `wanted` (h, w) uint8 is 0 where nothing is needed; `scratch` is
    (`MOST`, 8 (w + RUN)) float32. `out` (4, h, w) gets weight and three colours, 0 where not wanted.
    """
    in_bands(_gather, flat, reach, edges, wanted, scratch, out)


def repeat_border(flat: NDArray[np.float32], reach: int, shape: tuple[int, int]) -> None:
    """Fill the border of the six planes with their outermost pixels, as if the picture went on."""
    h, w = shape
    planes = flat[: 6 * (h + 2 * reach) * (w + 2 * reach)].reshape(6, h + 2 * reach, w + 2 * reach)
    inner = planes[:, reach : reach + h]
    inner[:, :, :reach] = inner[:, :, reach : reach + 1]
    inner[:, :, reach + w :] = inner[:, :, reach + w - 1 : reach + w]
    planes[:, :reach] = planes[:, reach : reach + 1]
    planes[:, reach + h :] = planes[:, reach + h - 1 : reach + h]
