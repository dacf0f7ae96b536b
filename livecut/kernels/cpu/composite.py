"""Compositing of a person over a colour or a picture, in eight-bit fixed point that is exact at both ends of alpha."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_pixels, check_plane8
from livecut.kernels.cpu.stretches import triple
from livecut.types import Pixels, Plane8

__all__ = ["BGR", "fill", "grey", "join", "over_colour", "over_picture", "premultiply", "tint"]

BGR = tuple[int, int, int]
"""A colour in the order of the pixels, each 0 … 255."""


@njit(cache=True, nogil=True)
def mix_row(front: Any, back: Any, share: Any, out: Any) -> None:
    """`(front * share + back * (255 - share)) / 255`, rounded to nearest, on uint8 rows.

    t + t / 256 + 1/2, shifted by eight, is the exact rounded quotient by 255 for every t up to 255²; all of it fits
    sixteen bits, which is what lets 32 elements pass at once.
    """
    for k in range(out.size):
        a = np.uint16(share[k])
        t = np.uint16(front[k]) * a + np.uint16(back[k]) * (np.uint16(255) - a) + np.uint16(128)
        out[k] = (t + (t >> 8)) >> 8


@njit(cache=True, nogil=True)
def _over_picture(rows: Any, alpha: Any, backdrop: Any, share: Any, out: Any) -> None:
    for y in range(alpha.shape[0]):
        triple(alpha[y], 0, alpha.shape[1], share)
        mix_row(rows[y], backdrop[y], share, out[y])


@njit(cache=True, nogil=True)
def _over_row(rows: Any, alpha: Any, backdrop: Any, share: Any, out: Any) -> None:
    for y in range(alpha.shape[0]):
        triple(alpha[y], 0, alpha.shape[1], share)
        mix_row(rows[y], backdrop, share, out[y])


@njit(cache=True, nogil=True)
def _tint(rows: Any, alpha: Any, colour: Any, strength: Any, share: Any, out: Any) -> None:
    keep = np.empty(alpha.shape[1], np.uint8)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            t = (np.uint16(255) - np.uint16(alpha[y, x])) * np.uint16(strength) + np.uint16(128)
            keep[x] = np.uint16(255) - ((t + (t >> 8)) >> 8)
        triple(keep, 0, keep.size, share)
        mix_row(rows[y], colour, share, out[y])


def _flat(picture: Pixels) -> Pixels:
    return picture.reshape(picture.shape[0], -1)


def _check(bgr: Pixels, alpha: Plane8, out: Pixels) -> None:
    size = check_pixels("bgr", bgr)
    check_plane8("alpha", alpha, size)
    check_pixels("out", out, size)


def _colour_row(colour: BGR, width: int) -> Plane8:
    if len(colour) != 3 or not all(0 <= part <= 255 for part in colour):
        raise ValueError(f"a colour is three numbers 0 … 255, not {colour}")
    return np.tile(np.array(colour, np.uint8), width)


def over_colour(bgr: Pixels, alpha: Plane8, colour: BGR, out: Pixels) -> None:
    """Fill `out` with `bgr` (h, w, 3) over one colour by `alpha` (h, w): 255 keeps the pixel's very bytes."""
    _check(bgr, alpha, out)
    share = np.empty(3 * alpha.shape[1], np.uint8)
    _over_row(_flat(bgr), alpha, _colour_row(colour, alpha.shape[1]), share, _flat(out))


def over_picture(bgr: Pixels, alpha: Plane8, backdrop: Pixels, out: Pixels) -> None:
    """Fill `out` with `bgr` over `backdrop`, all (h, w, 3), by `alpha` (h, w). `out` may be any of the pictures."""
    _check(bgr, alpha, out)
    check_pixels("backdrop", backdrop, check_pixels("bgr", bgr))
    share = np.empty(3 * alpha.shape[1], np.uint8)
    _over_picture(_flat(bgr), alpha, _flat(backdrop), share, _flat(out))


def premultiply(bgr: Pixels, alpha: Plane8, out: Pixels) -> None:
    """Fill `out` with `bgr * alpha / 255`, rounded to nearest: what a premultiplied RGBA picture holds."""
    over_colour(bgr, alpha, (0, 0, 0), out)


def tint(bgr: Pixels, alpha: Plane8, colour: BGR, strength: float, out: Pixels) -> None:
    """Fill `out` with `bgr`, its background drawn towards `colour` by `strength` 0 … 1."""
    _check(bgr, alpha, out)
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"strength must be 0 … 1, not {strength}")
    share = np.empty(3 * alpha.shape[1], np.uint8)
    row = _colour_row(colour, alpha.shape[1])
    _tint(_flat(bgr), alpha, row, np.uint16(round(strength * 255)), share, _flat(out))


def grey(alpha: Plane8, out: Pixels) -> None:
    """Fill `out` (h, w, 3) with `alpha` (h, w) as a grey picture."""
    size = check_pixels("out", out)
    check_plane8("alpha", alpha, size)
    triple(alpha.reshape(-1), 0, alpha.size, out.reshape(-1))


def fill(out: Pixels, colour: BGR) -> None:
    """Paint all of `out` (h, w, 3) in one colour."""
    size = check_pixels("out", out)
    _flat(out)[:] = _colour_row(colour, size.width)


def join(left: Pixels, right: Pixels, column: int, out: Pixels, *, line: BGR | None = None) -> None:
    """Fill `out` with `left` up to `column` and `right` from there on, with a two pixel wide line between, if given."""
    size = check_pixels("out", out)
    check_pixels("left", left, size)
    check_pixels("right", right, size)
    if not 0 <= column <= size.width:
        raise ValueError(f"column {column} lies outside 0 … {size.width}")
    out[:, :column] = left[:, :column]
    out[:, column:] = right[:, column:]
    if line is not None and 0 < column < size.width:
        out[:, max(0, column - 1) : column + 1] = np.array(line, np.uint8)
