"""Colour at reduced resolution, weighted so that person and background never mix, and its Gaussian blur."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from livecut.kernels.cpu.bands import ROWS, in_bands
from livecut.kernels.cpu.purity import MIXED, PERSON, ROOM, judge, run_end
from livecut.kernels.cpu.resample import FAST
from livecut.kernels.cpu.stretches import fill
from livecut.types import Pixels, Plane, Plane8

__all__ = ["block_sums", "blurred_colours", "gaussian", "gaussian_weights", "thin"]


# Columns of blocks that are judged together: all of one side, or weighed pixel by pixel.
_STRIP = 16
_SURE = 252


@njit(cache=True, nogil=True)
def _add_plain(row: Any, k0: int, k1: int, total: Any) -> None:
    # Sixteen bits hold what up to 257 rows add up to.
    for k in range(np.uint64(k0), np.uint64(k1)):
        total[k] += np.uint16(row[k])


@njit(cache=True, nogil=True)
def _weigh(plain: Any, k0: int, k1: int, by: Any, total: Any) -> None:
    for k in range(np.uint64(k0), np.uint64(k1)):
        total[k] = np.uint32(plain[k]) * by


@njit(cache=True, nogil=True)
def _add_weighted(row: Any, share: Any, k0: int, k1: int, total: Any) -> None:
    for k in range(np.uint64(k0), np.uint64(k1)):
        total[k] += np.uint32(row[k]) * np.uint32(share[k])


@njit(cache=True, nogil=True)
def _sure(alpha: Any, person: Any, x0: int, x1: int, share: Any, shares: Any, weight: Any) -> None:
    # A rim pixel is a mixture of both sides, so only the surer half of the range counts, by its square: a pixel half
    # covered weighs nothing for either side, one of three quarters a quarter. 254² shifted by eight is 252.
    flip = np.uint8(0) if person else np.uint8(255)
    for x in range(np.uint64(x0), np.uint64(x1)):
        a = np.uint16(2) * max(np.uint16(alpha[x] ^ flip), np.uint16(128)) - np.uint16(256)
        share[x] = (a * a) >> np.uint16(8)
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for x in range(np.uint64(x0), np.uint64(x1)):
        shares[three * x] = share[x]
        shares[three * x + one] = share[x]
        shares[three * x + two] = share[x]
    for x in range(np.uint64(x0), np.uint64(x1)):
        weight[x] += np.uint32(share[x])


@njit(cache=True, nogil=True)
def _add_far(total: Any, far: int, out: Any) -> None:
    # Not in place: where what is read and written overlaps, a loop is not vectorised.
    offset = np.uint64(far)
    for k in range(np.uint64(total.size - far)):
        out[k] = total[k] + total[k + offset]


@njit(cache=True, nogil=True, fastmath=FAST)
def _block_row(
    rows: Any, alpha: Any, person: Any, block: int, y: int, colour: Any, weight: Any, spare: Any, other: Any,
    plain: Any, share: Any, shares: Any, marks: Any, kinds: Any, out: Any,
) -> None:  # fmt: skip
    height, width = alpha.shape
    top, bottom = y * block, min((y + 1) * block, height)
    strip = _STRIP * block
    fill(np.uint32(0), 0, colour.size, colour)
    fill(np.uint32(0), 0, weight.size, weight)
    judge(alpha, top, bottom, strip, marks, kinds)
    first = 0
    while first < kinds.size:
        kind, end = kinds[first], run_end(kinds, first)
        x0, x1 = first * strip, min(end * strip, width)
        first = end
        if kind == (ROOM if person else PERSON):
            continue
        if kind == MIXED:
            for at in range(top, bottom):
                _sure(alpha[at], person, x0, x1, share, shares, weight)
                _add_weighted(rows[at], shares, 3 * x0, 3 * x1, colour)
        else:
            fill(np.uint16(0), 3 * x0, 3 * x1, plain)
            for at in range(top, bottom):
                _add_plain(rows[at], 3 * x0, 3 * x1, plain)
            _weigh(plain, 3 * x0, 3 * x1, np.uint32(_SURE), colour)
            fill(np.uint32(_SURE * (bottom - top)), x0, x1, weight)
    # Neighbours are added up two by two as often as that goes, for a row of sums at once.
    step, parts = 1, block
    while parts % 2 == 0:
        _add_far(weight, step, other)
        weight, other = other, weight
        _add_far(colour, 3 * step, spare)
        colour, spare = spare, colour
        step, parts = 2 * step, parts // 2
    scale = np.float32(1.0 / (_SURE * block * block))
    for x in range(out.shape[2]):
        b, g, r, s = np.uint32(0), np.uint32(0), np.uint32(0), np.uint32(0)
        for part in range(parts):
            at = 3 * (x * block + part * step)
            b += colour[at]
            g += colour[at + 1]
            r += colour[at + 2]
            s += weight[x * block + part * step]
        out[0, y, x] = np.float32(b) * scale
        out[1, y, x] = np.float32(g) * scale
        out[2, y, x] = np.float32(r) * scale
        out[3, y, x] = np.float32(s) * scale


@njit(cache=True, nogil=True, fastmath=FAST, parallel=True)
def _block_sums(threads: int, rows: Any, alpha: Any, person: Any, block: int, out: Any) -> None:
    _, h, w = out.shape
    at_once = max(1, ROWS // block)
    for who in prange(threads):
        # Blocks that hang over the border find nothing there.
        colour, weight = np.empty(3 * w * block, np.uint32), np.empty(w * block, np.uint32)
        spare, other = np.empty_like(colour), np.empty_like(weight)
        share, shares = np.empty(alpha.shape[1], np.uint8), np.empty(3 * alpha.shape[1], np.uint8)
        plain = np.empty(3 * alpha.shape[1], np.uint16)
        marks = np.empty((2, alpha.shape[1]), np.uint8)
        kinds = np.empty(-(-alpha.shape[1] // (_STRIP * block)), np.int64)
        for first in range(who * at_once, h, threads * at_once):
            for y in range(first, min(first + at_once, h)):
                _block_row(
                    rows, alpha, person, block, y, colour, weight, spare, other, plain, share, shares, marks, kinds, out
                )  # fmt: skip


def block_sums(rows: Plane8, alpha: Plane8, person: bool, block: int, out: Plane) -> None:
    """Weighted mean sums of every block of `block` x `block` pixels.

    `rows` (H, 3 W) uint8 and `alpha` (H, W) uint8 give `out` (4, h, w) float32: three planes of colour times weight
    and one of weight, both per pixel of a whole block; the weight (0 … 1) is how surely a pixel is person, or
    background where `person` is false. h and w are H and W over `block`, rounded up.
    """
    in_bands(_block_sums, rows, alpha, person, block, out)


@njit(cache=True, nogil=True, fastmath=FAST)
def _least_of_three(a: Any, b: Any, c: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = min(a[x], b[x], c[x])


@njit(cache=True, nogil=True, fastmath=FAST)
def thin(planes: Any, keep: Any, scratch: Any) -> None:
    """Scale blocks down to `keep` of their weight where a neighbour is not sure: mattes err by a few pixels."""
    _, h, w = planes.shape
    row = np.ones(w + 2, np.float32)
    rest = np.float32(1.0) - keep
    for y in range(h):
        weight = planes[3]
        _least_of_three(weight[max(y - 1, 0)], weight[y], weight[min(y + 1, h - 1)], row[1 : w + 1])
        _least_of_three(row[:w], row[1 : w + 1], row[2:], scratch[y])
        for x in range(w):
            scratch[y, x] = keep + rest * scratch[y, x]
    for k in range(4):
        for y in range(h):
            for x in range(w):
                planes[k, y, x] *= scratch[y, x]


def gaussian_weights(sigma: float) -> NDArray[np.float32]:
    """One half of a Gaussian out to three sigma, from its centre on; the whole sums to 1."""
    if not sigma > 0.0:
        raise ValueError(f"sigma must be above 0, not {sigma}")
    at = np.arange(int(np.ceil(3.0 * sigma)) + 1)
    half = np.exp(-0.5 * (at / sigma) ** 2)
    return np.asarray(half / (2.0 * half.sum() - half[0]), np.float32)


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_pairs(one: Any, other: Any, inner: Any, third: Any, fourth: Any, outer: Any, total: Any) -> None:
    for x in range(total.size):
        total[x] += (one[x] + other[x]) * inner + (third[x] + fourth[x]) * outer


@njit(cache=True, nogil=True, fastmath=FAST)
def _weighted(row: Any, weight: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = row[x] * weight


@njit(cache=True, nogil=True, fastmath=FAST)
def _down(plane: Any, y: int, weights: Any, nothing: Any, out: Any) -> None:
    # Rows as far above as below have one weight; two such pairs at a time.
    h, reach = plane.shape[0], weights.size - 1
    _weighted(plane[y], weights[0], out)
    for far in range(1, min(reach, max(y, h - 1 - y)) + 1, 2):
        next_far = far + 1
        _add_pairs(
            plane[y - far] if y >= far else nothing,
            plane[y + far] if y + far < h else nothing,
            weights[far],
            plane[y - next_far] if y >= next_far else nothing,
            plane[y + next_far] if y + next_far < h else nothing,
            weights[next_far] if next_far <= reach else np.float32(0.0),
            out,
        )


@njit(cache=True, nogil=True, fastmath=FAST)
def _across(row: Any, weights: Any, padded: Any, out: Any) -> None:
    # `padded` (w + 2 (reach + 1)) is 0 beyond the row.
    w, reach = row.size, weights.size - 1
    middle = reach + 1
    _weighted(row, np.float32(1.0), padded[middle : middle + w])
    _weighted(row, weights[0], out)
    for far in range(1, min(reach, w - 1) + 1, 2):
        next_far = far + 1
        _add_pairs(
            padded[middle - far : middle - far + w],
            padded[middle + far : middle + far + w],
            weights[far],
            padded[middle - next_far : middle - next_far + w],
            padded[middle + next_far : middle + next_far + w],
            weights[next_far] if next_far <= reach else np.float32(0.0),
            out,
        )


@njit(cache=True, nogil=True, fastmath=FAST)
def _gaussian(planes: Any, weights: Any, scratch: Any, out: Any) -> None:
    # By one thread: a grid of blocks is done before another one has woken up.
    n, h, w = planes.shape
    nothing, padded = np.zeros(w, np.float32), np.zeros(w + 2 * weights.size, np.float32)
    for k in range(n):
        for y in range(h):
            _down(planes[k], y, weights, nothing, scratch[k, y])
        for y in range(h):
            _across(scratch[k, y], weights, padded, out[k, y])


def gaussian(planes: Plane, weights: NDArray[np.float32], scratch: Plane, out: Plane) -> None:
    """Blur every plane of (n, h, w) by the half kernel `weights`; nothing lies beyond the borders.

    The sums are not divided by the part of the kernel inside: weighted colours and their weights lose the same share.
    `out` may be `planes`.
    """
    _gaussian(planes, weights, scratch, out)


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_up(planes: Any, sums: Any) -> None:
    for k in range(planes.shape[0]):
        total = 0.0
        for y in range(planes.shape[1]):
            for x in range(planes.shape[2]):
                total += np.float64(planes[k, y, x])
        sums[k] = total


@njit(cache=True, nogil=True, fastmath=FAST)
def _normalise(planes: Any, sums: Any) -> None:
    _, h, w = planes.shape
    tiny = np.float32(1e-4)
    blue, green, red = (
        np.float32(1e-4 * sums[0] / sums[3]),
        np.float32(1e-4 * sums[1] / sums[3]),
        np.float32(1e-4 * sums[2] / sums[3]),
    )
    for y in range(h):
        for x in range(w):
            scale = np.float32(1.0) / (planes[3, y, x] + tiny)
            planes[0, y, x] = (planes[0, y, x] + blue) * scale
            planes[1, y, x] = (planes[1, y, x] + green) * scale
            planes[2, y, x] = (planes[2, y, x] + red) * scale


def blurred_colours(planes: Plane, bgr: Pixels, weights: NDArray[np.float32], scratch: Plane) -> None:
    """Turn `planes` (4, h, w) from `block_sums` of `bgr` into colours, in place: blur, then divide by the weight.

    Where there is hardly any weight the mean colour stands in: its small share keeps the division safe and fades in,
    without an edge, where the nearest sure pixel is out of reach. Where there is none at all, it is the frame's mean.
    """
    sums = np.empty(4, np.float64)
    _add_up(planes, sums)
    if not sums[3] > 0.0:
        sums[:3], sums[3] = cv2.mean(bgr)[:3], 1.0  # NumPy's takes 18 ms for 1280x720, whenever nobody is there
    gaussian(planes, weights, scratch, planes)
    _normalise(planes, sums)
