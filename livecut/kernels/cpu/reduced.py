"""Colour at reduced resolution, weighted so that person and background never mix, and its Gaussian blur."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels.cpu.resample import FAST
from livecut.types import Pixels, Plane

__all__ = ["block_sums", "blurred_colours", "gaussian", "gaussian_weights", "thin"]


@njit(cache=True, nogil=True)
def _add_weighted(row: Any, share: Any, total: Any) -> None:
    for k in range(total.size):
        total[k] += np.uint32(row[k]) * np.uint32(share[k])


@njit(cache=True, nogil=True)
def _add_share(share: Any, total: Any) -> None:
    for x in range(total.size):
        total[x] += np.uint32(share[x])


@njit(cache=True, nogil=True)
def _sure(alpha: Any, person: Any, out: Any) -> None:
    # A rim pixel is a mixture of both sides, so only the surer half of the range counts, by its square: a pixel half
    # covered weighs nothing for either side, one of three quarters a quarter. 254² shifted by eight is 252.
    for x in range(alpha.size):
        a = np.uint16(alpha[x])
        a = a if person else np.uint16(255) - a
        a = np.uint16(2) * max(a, np.uint16(128)) - np.uint16(256)
        out[x] = (a * a) >> np.uint16(8)


@njit(cache=True, nogil=True, fastmath=FAST)
def block_sums(rows: Any, alpha: Any, person: Any, block: Any, out: Any) -> None:
    """Weighted mean sums of every block of `block` x `block` pixels.

    `rows` (H, 3 W) uint8 and `alpha` (H, W) uint8 give `out` (4, h, w) float32: three planes of colour times weight
    and one of weight, both per pixel of a whole block; the weight (0 … 1) is how surely a pixel is person, or
    background where `person` is false. h and w are H and W over `block`, rounded up.
    """
    height, width = alpha.shape
    _, h, w = out.shape
    colour = np.empty(3 * width, np.uint32)
    weight = np.empty(width, np.uint32)
    share = np.empty(width, np.uint8)
    shares = np.empty(3 * width, np.uint8)
    scale = np.float32(1.0 / (252.0 * block * block))
    for y in range(h):
        colour[:] = 0
        weight[:] = 0
        for at in range(y * block, min((y + 1) * block, height)):
            _sure(alpha[at], person, share)
            for x in range(width):
                shares[3 * x] = share[x]
                shares[3 * x + 1] = share[x]
                shares[3 * x + 2] = share[x]
            _add_weighted(rows[at], shares, colour)
            _add_share(share, weight)
        for x in range(w):
            b, g, r, s = np.uint32(0), np.uint32(0), np.uint32(0), np.uint32(0)
            for at in range(x * block, min((x + 1) * block, width)):
                b += colour[3 * at]
                g += colour[3 * at + 1]
                r += colour[3 * at + 2]
                s += weight[at]
            out[0, y, x] = np.float32(b) * scale
            out[1, y, x] = np.float32(g) * scale
            out[2, y, x] = np.float32(r) * scale
            out[3, y, x] = np.float32(s) * scale


@njit(cache=True, nogil=True, fastmath=FAST)
def thin(planes: Any, keep: Any, scratch: Any) -> None:
    """Scale blocks down to `keep` of their weight where a neighbour is not sure: mattes err by a few pixels."""
    _, h, w = planes.shape
    for y in range(h):
        for x in range(w):
            least = np.float32(1.0)
            for j in range(max(0, y - 1), min(h, y + 2)):
                for i in range(max(0, x - 1), min(w, x + 2)):
                    least = min(least, planes[3, j, i])
            scratch[y, x] = keep + (np.float32(1.0) - keep) * least
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
def _add_scaled(row: Any, weight: Any, total: Any) -> None:
    for x in range(total.size):
        total[x] += row[x] * weight


@njit(cache=True, nogil=True, fastmath=FAST)
def gaussian(planes: Any, weights: Any, scratch: Any, out: Any) -> None:
    """Blur every plane of (n, h, w) by the half kernel `weights`; nothing lies beyond the borders.

    The sums are not divided by the part of the kernel inside: weighted colours and their weights lose the same share.
    `out` may be `planes`.
    """
    n, h, w = planes.shape
    reach = weights.size - 1
    for k in range(n):
        for y in range(h):
            row = scratch[k, y]
            row[:] = np.float32(0.0)
            for at in range(max(0, y - reach), min(h, y + reach + 1)):
                _add_scaled(planes[k, at], weights[abs(at - y)], row)
        for y in range(h):
            row = out[k, y]
            row[:] = np.float32(0.0)
            for shift in range(-min(reach, w - 1), min(reach, w - 1) + 1):
                weight = weights[abs(shift)]
                if shift < 0:
                    _add_scaled(scratch[k, y, : w + shift], weight, row[-shift:])
                else:
                    _add_scaled(scratch[k, y, shift:], weight, row[: w - shift])


@njit(cache=True, nogil=True, fastmath=FAST)
def _normalise(planes: Any, sums: Any) -> None:
    _, h, w = planes.shape
    tiny = np.float32(1e-4)
    for c in range(3):
        mean = np.float32(sums[c] / sums[3])
        for y in range(h):
            for x in range(w):
                planes[c, y, x] = (planes[c, y, x] + tiny * mean) / (planes[3, y, x] + tiny)


def blurred_colours(planes: Plane, bgr: Pixels, weights: NDArray[np.float32], scratch: Plane) -> None:
    """Turn `planes` (4, h, w) from `block_sums` of `bgr` into colours, in place: blur, then divide by the weight.

    Where there is hardly any weight the mean colour stands in: its small share keeps the division safe and fades in,
    without an edge, where the nearest sure pixel is out of reach. Where there is none at all, it is the frame's mean.
    """
    sums = planes.sum(axis=(1, 2), dtype=np.float64)
    if not sums[3] > 0.0:
        sums[:3], sums[3] = bgr.mean(axis=(0, 1)), 1.0
    gaussian(planes, weights, scratch, planes)
    _normalise(planes, sums)
