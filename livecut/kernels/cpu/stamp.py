"""Small pictures with transparency laid on a canvas, over or behind the person, and its corners rounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_pixels, check_plane8
from livecut.kernels.cpu.composite import BGR
from livecut.kernels.cpu.resample import FAST
from livecut.kernels.cpu.stretches import triple
from livecut.types import Canvas, Pixels, Plane8, Size

__all__ = ["Stamp", "corner_coverage", "lay", "make_stamp", "round_corners"]


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """A picture with transparency, ready to be laid on a canvas."""

    colours: Pixels
    """(h, w, 3) BGR, premultiplied: no value is above the pixel's alpha."""
    alpha: Plane8

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        return Size(self.alpha.shape[1], self.alpha.shape[0])


def make_stamp(bgr: Pixels, alpha: Plane8, size: Size, *, opacity: float = 1.0) -> Stamp:
    """A stamp of `size` from a picture `bgr` (h, w, 3) with straight `alpha` (h, w); `opacity` 0 … 1 thins all of it.

    It is resampled premultiplied, so that whatever colour stands under full transparency leaves no rim.
    """
    check_plane8("alpha", alpha, check_pixels("bgr", bgr))
    if not 0.0 <= opacity <= 1.0:
        raise ValueError(f"opacity must be 0 … 1, not {opacity}")
    share = alpha.astype(np.float32) * np.float32(opacity)
    planes = np.dstack([bgr * (share[..., None] / np.float32(255.0)), share])
    if planes.shape[:2] != (size.height, size.width):
        shrinks = size.height <= alpha.shape[0] and size.width <= alpha.shape[1]
        planes = cv2.resize(planes, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    whole = np.rint(planes).astype(np.uint8)
    return Stamp(np.ascontiguousarray(whole[..., :3]), np.ascontiguousarray(whole[..., 3]))


@njit(cache=True, nogil=True)
def _lay_row(colours: Any, share: Any, out: Any) -> None:
    # t + t / 256 + 1/2, shifted by eight, is the exact rounded quotient by 255; the sum stays below 256 because no
    # premultiplied colour is above its alpha.
    for k in range(out.size):
        t = np.uint16(out[k]) * (np.uint16(255) - np.uint16(share[k])) + np.uint16(128)
        out[k] = np.uint8((t + (t >> np.uint16(8))) >> np.uint16(8)) + colours[k]


@njit(cache=True, nogil=True)
def _hide_row(values: Any, cover: Any, out: Any) -> None:
    for k in range(out.size):
        t = np.uint16(values[k]) * (np.uint16(255) - np.uint16(cover[k])) + np.uint16(128)
        out[k] = (t + (t >> np.uint16(8))) >> np.uint16(8)


@njit(cache=True, nogil=True)
def _lay(rows: Any, colours: Any, alpha: Any, x: Any, y: Any, person: Any, scratch: Any) -> None:
    height, width = alpha.shape
    share, cover, seen = scratch[0], scratch[1], scratch[2]
    for at in range(height):
        triple(alpha[at], 0, alpha.shape[1], share)
        target = rows[y + at, 3 * x : 3 * (x + width)]
        if person.size == 0:
            _lay_row(colours[at], share, target)
            continue
        triple(person[y + at, x : x + width], 0, width, cover)
        _hide_row(colours[at], cover, seen)
        _hide_row(share, cover, share)
        _lay_row(seen, share, target)


@njit(cache=True, nogil=True, fastmath=FAST)
def _lay_clear(rows: Any, clear: Any, colours: Any, alpha: Any, x: Any, y: Any, person: Any) -> None:
    scale, one, zero = np.float32(1.0 / 255.0), np.float32(1.0), np.float32(0.0)
    half = np.float32(0.5)
    for j in range(alpha.shape[0]):
        for i in range(alpha.shape[1]):
            share = np.float32(alpha[j, i]) * scale
            if share == zero:
                continue
            there = np.float32(clear[y + j, x + i]) * scale
            cover = zero if person.size == 0 else np.float32(person[y + j, x + i]) * scale
            seen = one - cover
            # What the canvas shows of the room's side gives way to the stamp; the person's share of it does not.
            kept = there * (one - share)
            if cover > zero:
                kept = there - share * max(there - cover, zero)
            whole = kept + share * seen
            for c in range(3):
                ink = np.float32(colours[j, 3 * i + c]) * seen + np.float32(rows[y + j, 3 * (x + i) + c]) * kept
                rows[y + j, 3 * (x + i) + c] = np.uint8(min(ink / whole + half, np.float32(255.0)))
            clear[y + j, x + i] = np.uint8(min(whole, one) * np.float32(255.0) + half)


_NOBODY = np.empty((0, 0), np.uint8)


def lay(stamp: Stamp, x: int, y: int, out: Canvas, *, behind: Plane8 | None = None) -> None:
    """Lay `stamp` on the canvas with its top left corner at `x`, `y`; what lies outside is cut off.

    `behind` (h, w) is the coverage of the person the stamp stands behind, None to lay it over everything. On an opaque
    canvas a rim pixel that is half person is half hidden. Where the canvas carries (straight) alpha, that grows by what
    shows of the stamp; behind the person, the person's share of a pixel stays as it is.
    """
    size = check_pixels("out", out.bgr)
    if behind is not None:
        check_plane8("behind", behind, size)
    left, top = max(0, x), max(0, y)
    right, bottom = min(size.width, x + stamp.size.width), min(size.height, y + stamp.size.height)
    if left >= right or top >= bottom:
        return
    colours, alpha = stamp.colours, stamp.alpha
    if (right - left, bottom - top) != stamp.size:
        part = (slice(top - y, bottom - y), slice(left - x, right - x))
        colours, alpha = np.ascontiguousarray(colours[part]), np.ascontiguousarray(alpha[part])
    rows, flat = out.bgr.reshape(size.height, -1), colours.reshape(alpha.shape[0], -1)
    person = _NOBODY if behind is None else behind
    if out.alpha is None:
        scratch = np.empty((3, flat.shape[1]), np.uint8)
        _lay(rows, flat, alpha, left, top, person, scratch)
        return
    check_plane8("out.alpha", out.alpha, size)
    _lay_clear(rows, out.alpha, flat, alpha, left, top, person)


def corner_coverage(radius: int) -> Plane8:
    """Coverage (radius, radius) of the top left corner of a rounded picture: 0 outside the circle, 255 inside."""
    if radius < 0:
        raise ValueError(f"radius must not be below 0, not {radius}")
    away = radius - (np.arange(radius) + 0.5)
    far = np.hypot(away[:, None], away[None, :])
    # A pixel's coverage by the disc, to a few levels: how far its centre lies inside the circle.
    return np.asarray(np.rint(np.clip(radius - far + 0.5, 0.0, 1.0) * 255.0), np.uint8)


def round_corners(coverage: Plane8, colour: BGR, out: Canvas) -> None:
    """Round the canvas's corners to `colour`, or to nothing where it has alpha.

    `coverage` (n, n) is that of the top left one; n may be at most half of the smaller side.
    """
    size = check_pixels("out", out.bgr)
    n = coverage.shape[0]
    if 2 * n > min(size):
        raise ValueError(f"corners of {n} pixels do not fit into {size}")
    if n == 0:
        return
    for flip in (slice(None), slice(None, None, -1)):
        for mirror in (slice(None), slice(None, None, -1)):
            part = (flip, mirror)
            cover = coverage.astype(np.uint16)
            corner = out.bgr[part][:n, :n]
            mixed = corner * cover[..., None] + np.array(colour, np.uint16) * (255 - cover)[..., None]
            if out.alpha is None:
                corner[:] = (mixed + 127) // 255
                continue
            clear = out.alpha[part][:n, :n]
            clear[:] = (clear * cover + 127) // 255
            # Nobody shall find pixels of the picture under full transparency.
            corner[clear == 0] = 0
