"""Conversion to the planar formats that virtual cameras take: I420 and NV12."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numba import njit, prange

from livecut.kernels.cpu.bands import ROWS, in_bands
from livecut.kernels.cpu.checks import check_pixels
from livecut.kernels.cpu.yuv_plain import BT601, BT709, UV_ROUND, Y_ROUND, half, planes_of, yuv420_bytes
from livecut.types import Pixels, Plane8, Size

__all__ = ["Matrix", "bgr_to_i420", "bgr_to_nv12", "yuv420_bytes"]

Matrix: TypeAlias = Literal["bt601", "bt709"]


# `factors` are one of the tuples of constants above: compiled into what calls these, they cost what literals do.


@njit(cache=True, nogil=True)
def _luma_row(row: Any, factors: Any, out: Any) -> None:
    for x in range(out.size):
        total = (
            np.uint32(row[3 * x]) * np.uint32(factors[0])
            + np.uint32(row[3 * x + 1]) * np.uint32(factors[1])
            + np.uint32(row[3 * x + 2]) * np.uint32(factors[2])
            + np.uint32(Y_ROUND)
        )
        out[x] = np.uint8(total >> np.uint32(16))


@njit(cache=True, nogil=True)
def _chroma_row(upper: Any, lower: Any, factors: Any, sums: Any, u: Any, v: Any) -> None:
    u_b, u_g, u_r, v_b, v_g, v_r = factors[3:]
    # Sums of the four pixels of a square; the last odd column or row stands in for its missing neighbour.
    width = upper.size // 3
    pairs = width // 2
    for k in range(upper.size):
        sums[k] = np.int32(upper[k]) + np.int32(lower[k])
    for x in range(pairs):
        b = sums[6 * x] + sums[6 * x + 3]
        g = sums[6 * x + 1] + sums[6 * x + 4]
        r = sums[6 * x + 2] + sums[6 * x + 5]
        u[x] = np.uint8((b * u_b + g * u_g + r * u_r + UV_ROUND) >> 18)
        v[x] = np.uint8((b * v_b + g * v_g + r * v_r + UV_ROUND) >> 18)
    if width % 2:
        k = 3 * (width - 1)
        b, g, r = 2 * sums[k], 2 * sums[k + 1], 2 * sums[k + 2]
        u[pairs] = np.uint8((b * u_b + g * u_g + r * u_r + UV_ROUND) >> 18)
        v[pairs] = np.uint8((b * v_b + g * v_g + r * v_r + UV_ROUND) >> 18)


@njit(cache=True, nogil=True)
def _square_rows(rows: Any, y: int, factors: Any, luma: Any, sums: Any, u: Any, v: Any) -> None:
    # Two rows while they are at hand: luma of both, one of chroma.
    lower = min(2 * y + 1, rows.shape[0] - 1)
    _luma_row(rows[2 * y], factors, luma[2 * y])
    if lower > 2 * y:
        _luma_row(rows[lower], factors, luma[lower])
    _chroma_row(rows[2 * y], rows[lower], factors, sums, u, v)


@njit(cache=True, nogil=True, parallel=True)
def _to_i420(threads: int, rows: Any, luma: Any, u: Any, v: Any) -> None:
    count = u.shape[0]
    for who in prange(threads):
        sums = np.empty(rows.shape[1], np.int32)
        for first in range(who * ROWS, count, threads * ROWS):
            for y in range(first, min(first + ROWS, count)):
                _square_rows(rows, y, BT601, luma, sums, u[y], v[y])


@njit(cache=True, nogil=True, parallel=True)
def _to_i420_709(threads: int, rows: Any, luma: Any, u: Any, v: Any) -> None:
    count = u.shape[0]
    for who in prange(threads):
        sums = np.empty(rows.shape[1], np.int32)
        for first in range(who * ROWS, count, threads * ROWS):
            for y in range(first, min(first + ROWS, count)):
                _square_rows(rows, y, BT709, luma, sums, u[y], v[y])


@njit(cache=True, nogil=True, parallel=True)
def _to_nv12(threads: int, rows: Any, luma: Any, chroma: Any) -> None:
    count, width = chroma.shape[0], chroma.shape[1] // 2
    for who in prange(threads):
        sums = np.empty(rows.shape[1], np.int32)
        u, v = np.empty(width, np.uint8), np.empty(width, np.uint8)
        for first in range(who * ROWS, count, threads * ROWS):
            for y in range(first, min(first + ROWS, count)):
                _square_rows(rows, y, BT601, luma, sums, u, v)
                for x in range(width):
                    chroma[y, 2 * x] = u[x]
                    chroma[y, 2 * x + 1] = v[x]


def _check(bgr: Pixels, out: Plane8) -> tuple[Size, int]:
    size = check_pixels("bgr", bgr)
    length = yuv420_bytes(size)
    if out.shape != (length,) or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise ValueError(f"out must be ({length},) uint8 for {size}, not {out.shape} {out.dtype}")
    return size, size.width * size.height


def bgr_to_i420(bgr: Pixels, out: Plane8, *, matrix: Matrix = "bt601") -> None:
    """Fill `out`, (`yuv420_bytes(size)`,) uint8, with `bgr` (h, w, 3) as I420: all of Y, then U, then V.

    Limited range (Y 16 … 235, U and V 16 … 240). BT.601 is what readers of a virtual camera assume of raw video of any
    size, BT.709 what video files are in. A chroma sample is the mean of its 2x2 pixels, sited at their centre (as in
    MPEG-1 and JPEG); each value is `coefficients / 65536`, rounded to nearest. With an odd side the chroma planes are
    rounded up and the last column or row is repeated.
    """
    size, _ = _check(bgr, out)
    kernel = _to_i420_709 if matrix == "bt709" else _to_i420
    in_bands(kernel, bgr.reshape(size.height, -1), *planes_of(out, size))


def bgr_to_nv12(bgr: Pixels, out: Plane8) -> None:
    """Fill `out`, (`yuv420_bytes(size)`,) uint8, with `bgr` as NV12: all of Y, then U and V by turns.

    The values are those of `bgr_to_i420`; only their order differs.
    """
    size, luma = _check(bgr, out)
    chroma = out[luma:].reshape(half(size.height), 2 * half(size.width))
    in_bands(_to_nv12, bgr.reshape(size.height, -1), out[:luma].reshape(size.height, size.width), chroma)
