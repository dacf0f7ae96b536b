"""Conversion to the planar formats that virtual cameras take: I420 and NV12."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numba import njit, prange

from livecut.kernels.cpu.bands import ROWS, in_bands
from livecut.kernels.cpu.checks import check_pixels
from livecut.kernels.cpu.interleaved import split
from livecut.kernels.cpu.yuv_plain import BT601, BT709, UV_ROUND, Y_ROUND, half, planes_of, yuv420_bytes
from livecut.types import Pixels, Plane8, Size

__all__ = ["Matrix", "bgr_to_i420", "bgr_to_nv12", "yuv420_bytes"]

Matrix: TypeAlias = Literal["bt601", "bt709"]


# `factors` are one of the tuples of constants above: compiled into what calls these, they cost what literals do.


@njit(cache=True, nogil=True)
def _luma(colours: Any, factors: Any, out: Any) -> None:
    blue, green, red = colours[0], colours[1], colours[2]
    for x in range(np.uint64(out.size)):
        total = (
            np.uint32(blue[x]) * np.uint32(factors[0])
            + np.uint32(green[x]) * np.uint32(factors[1])
            + np.uint32(red[x]) * np.uint32(factors[2])
            + np.uint32(Y_ROUND)
        )
        out[x] = np.uint8(total >> np.uint32(16))


@njit(cache=True, nogil=True)
def _add_squares(upper: Any, lower: Any, sums: Any, squares: Any) -> None:
    # Of one colour, sums of the four pixels of a square; the last odd column stands in for its missing neighbour.
    one, two = np.uint64(1), np.uint64(2)
    for x in range(np.uint64(upper.size)):
        sums[x] = np.uint16(upper[x]) + np.uint16(lower[x])
    sums[sums.size - 1] = sums[upper.size - 1]
    for x in range(np.uint64(squares.size)):
        squares[x] = sums[two * x] + sums[two * x + one]


@njit(cache=True, nogil=True)
def _chroma(squares: Any, factors: Any, u: Any, v: Any) -> None:
    u_b, u_g, u_r, v_b, v_g, v_r = factors[3:]
    blue, green, red = squares[0], squares[1], squares[2]
    for x in range(np.uint64(u.size)):
        b, g, r = np.int32(blue[x]), np.int32(green[x]), np.int32(red[x])
        u[x] = np.uint8((b * u_b + g * u_g + r * u_r + UV_ROUND) >> 18)
        v[x] = np.uint8((b * v_b + g * v_g + r * v_r + UV_ROUND) >> 18)


@njit(cache=True, nogil=True)
def _scratch(width: int) -> Any:
    # Colours of two rows, sums of a colour's columns, and of its squares.
    even = width + width % 2
    return (
        np.empty((3, width), np.uint8),
        np.empty((3, width), np.uint8),
        np.empty(even, np.uint16),
        np.empty((3, even // 2), np.uint16),
    )


@njit(cache=True, nogil=True)
def _square_rows(rows: Any, y: int, factors: Any, luma: Any, scratch: Any, u: Any, v: Any) -> None:
    # Two rows while they are at hand: luma of both, one of chroma. Their colours are taken apart first: loads of whole
    # registers pay for that twice over. The last odd row stands in for its missing neighbour.
    upper, lower, sums, squares = scratch
    split(rows[2 * y], upper)
    _luma(upper, factors, luma[2 * y])
    if 2 * y + 1 < rows.shape[0]:
        split(rows[2 * y + 1], lower)
        _luma(lower, factors, luma[2 * y + 1])
    else:
        lower = upper
    for colour in range(3):
        _add_squares(upper[colour], lower[colour], sums, squares[colour])
    _chroma(squares, factors, u, v)


@njit(cache=True, nogil=True, parallel=True)
def _to_i420(threads: int, rows: Any, luma: Any, u: Any, v: Any) -> None:
    count = u.shape[0]
    for who in prange(threads):
        scratch = _scratch(luma.shape[1])
        for first in range(who * ROWS, count, threads * ROWS):
            for y in range(first, min(first + ROWS, count)):
                _square_rows(rows, y, BT601, luma, scratch, u[y], v[y])


@njit(cache=True, nogil=True, parallel=True)
def _to_i420_709(threads: int, rows: Any, luma: Any, u: Any, v: Any) -> None:
    count = u.shape[0]
    for who in prange(threads):
        scratch = _scratch(luma.shape[1])
        for first in range(who * ROWS, count, threads * ROWS):
            for y in range(first, min(first + ROWS, count)):
                _square_rows(rows, y, BT709, luma, scratch, u[y], v[y])


@njit(cache=True, nogil=True, parallel=True)
def _to_nv12(threads: int, rows: Any, luma: Any, chroma: Any) -> None:
    count, width = chroma.shape[0], chroma.shape[1] // 2
    for who in prange(threads):
        scratch = _scratch(luma.shape[1])
        u, v = np.empty(width, np.uint8), np.empty(width, np.uint8)
        for first in range(who * ROWS, count, threads * ROWS):
            for y in range(first, min(first + ROWS, count)):
                _square_rows(rows, y, BT601, luma, scratch, u, v)
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
