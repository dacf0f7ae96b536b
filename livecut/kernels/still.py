"""Pixels of a still's answer: where people are, their depth, and a person over a background with a soft shadow.

Stills are not the frame loop: these work in bands of rows to bound memory, and allocate.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livecut.types import Pixels, Plane8, Size

__all__ = ["cut_out", "on_white", "person_boxes", "person_depth", "soft_shadow", "stretched"]

FractionBox: TypeAlias = tuple[float, float, float, float]

_BAND_ROWS = 256
_MOST_PEOPLE = 1000
_SHADOW_SCALE = 8
_SHADOW_OPACITY = 0.45


def person_boxes(alpha: Plane8, *, threshold: int = 128, least_share: float = 0.02) -> list[FractionBox]:
    """A box for each separate person: x, y, width, height as fractions of the picture, the largest person first.

    A person is a connected (8 neighbours) area of at least `threshold`; areas below `least_share` of the largest one
    are specks and no people. At most 1000: of transparency that is noise nearly every pixel would be a person.
    """
    height, width = alpha.shape
    inside = (alpha >= threshold).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = np.argsort(-areas, kind="stable")[:_MOST_PEOPLE]
    return [
        (float(x / width), float(y / height), float(w / width), float(h / height))
        for x, y, w, h, area in stats[1:][largest]
        if area >= least_share * areas[largest[0]]
    ]


def person_depth(nearness: Plane8, alpha: Plane8) -> Plane8:
    """Depth of the people alone: 255 nearest, 1 farthest part of a person, 0 outside people.

    The range is that of the people, between robust percentiles, so that one wrong pixel does not darken all others.
    """
    if nearness.shape != alpha.shape:
        raise ValueError(f"nearness is {nearness.shape}, alpha {alpha.shape}")
    inside = alpha >= 128
    if not inside.any():
        return np.zeros_like(nearness)
    values = nearness[inside]
    low, high = (float(v) for v in np.percentile(values, (1.0, 99.0)))
    if high - low < 1.0:
        table = np.full(256, 255.0)
    else:
        table = 1.0 + 254.0 * np.clip((np.arange(256) - low) / (high - low), 0.0, 1.0)
    stretched = np.rint(table).astype(np.uint8)[nearness]
    return _times(stretched, alpha)


def on_white(bgr: Pixels, alpha: Plane8) -> Pixels:
    """What a viewer sees on white paper: colours under transparency are noise to a network, and nobody's business."""
    share = alpha[..., None].astype(np.uint16)
    return ((bgr * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)


def stretched(plane: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """A grey plane or a picture, uint8, at another size: what a service answered for a shrunk one."""
    return np.ascontiguousarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def soft_shadow(alpha: Plane8) -> Plane8:
    """Opacity of a soft shadow the person casts to the lower right, 0 ... 255, at the picture's own size."""
    height, width = alpha.shape
    side = max(height, width)
    small_size = (max(1, width // _SHADOW_SCALE), max(1, height // _SHADOW_SCALE))
    small = cv2.resize(alpha, small_size, interpolation=cv2.INTER_AREA)
    scale = small_size[0] / width
    shift = 0.02 * side * scale
    moved = cv2.warpAffine(small, np.array([[1, 0, shift], [0, 1, shift]], np.float32), small_size)
    blurred = cv2.GaussianBlur(moved, (0, 0), max(0.3, 0.02 * side * scale), borderType=cv2.BORDER_CONSTANT)
    shadow = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.convertScaleAbs(shadow, alpha=_SHADOW_OPACITY).astype(np.uint8, copy=False)


def cut_out(
    bgr: Pixels,
    alpha: Plane8,
    *,
    shadow: Plane8 | None = None,
    background: Pixels | None = None,
    background_alpha: Plane8 | None = None,
) -> NDArray[np.uint8]:
    """The person over shadow and background, as (h, w, 4) uint8 BGRA with straight alpha.

    Where `alpha` is 255 the colours are those of `bgr`; where nothing is left they are 0, so that no colour of the
    room hides under transparency. The background is not scaled: it lies centred below the picture, pixel by pixel; what
    is larger is cropped, and what a smaller one does not cover stays transparent.
    """
    height, width = alpha.shape
    if bgr.shape != (height, width, 3):
        raise ValueError(f"the picture is {bgr.shape}, its alpha {alpha.shape}")
    out = np.empty((height, width, 4), np.uint8)
    below = None if background is None else _Centred(background, background_alpha, height, width)
    for top in range(0, height, _BAND_ROWS):
        rows = slice(top, min(top + _BAND_ROWS, height))
        _band(out[rows], bgr[rows], alpha[rows], None if shadow is None else shadow[rows], below, rows)
    return out


class _Centred:
    """A background and where it lies below a picture."""

    def __init__(self, bgr: Pixels, alpha: Plane8 | None, height: int, width: int) -> None:
        self._bgr = bgr
        self._alpha = alpha
        # Where a difference is odd, the spare pixel is at the bottom and at the right.
        self._top = (height - bgr.shape[0]) // 2
        self._left = (width - bgr.shape[1]) // 2
        self._width = width

    def rows(self, rows: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Colour and coverage (0 ... 1) of some rows of the picture's area; nothing where the background is not."""
        count = rows.stop - rows.start
        colour = np.zeros((count, self._width, 3), np.float32)
        coverage = np.zeros((count, self._width, 1), np.float32)
        y0, y1 = max(rows.start, self._top), min(rows.stop, self._top + self._bgr.shape[0])
        x0, x1 = max(0, self._left), min(self._width, self._left + self._bgr.shape[1])
        if y0 < y1 and x0 < x1:
            here = (slice(y0 - rows.start, y1 - rows.start), slice(x0, x1))
            there = (slice(y0 - self._top, y1 - self._top), slice(x0 - self._left, x1 - self._left))
            colour[here] = self._bgr[there]
            coverage[here] = 1.0 if self._alpha is None else self._alpha[there][..., None] / np.float32(255.0)
        return colour, coverage


def _band(
    out: NDArray[np.uint8], bgr: Pixels, alpha: Plane8, shadow: Plane8 | None, below: _Centred | None, rows: slice
) -> None:
    if shadow is None and below is None:
        out[..., :3] = np.where(alpha[..., None] > 0, bgr, 0)
        out[..., 3] = alpha
        return
    over = alpha[..., None] / np.float32(255.0)
    if below is None:
        colour = np.zeros((*alpha.shape, 3), np.float32)
        coverage = np.zeros((*alpha.shape, 1), np.float32)
    else:
        colour, coverage = below.rows(rows)
    if shadow is not None:
        dark = shadow[..., None] / np.float32(255.0)
        both = dark + coverage * (1.0 - dark)
        # Black over the background: only the background's share of the colour is left.
        colour = colour * np.divide(coverage * (1.0 - dark), both, out=np.zeros_like(both), where=both > 0)
        coverage = both
    whole = over + coverage * (1.0 - over)
    share = np.divide(over, whole, out=np.zeros_like(whole), where=whole > 0)
    mixed = np.rint(share * bgr + (1.0 - share) * colour)
    out[..., 3:] = np.rint(whole * 255.0)
    # Rounding must not touch the person itself, nor leave colour where nothing is seen.
    out[..., :3] = np.where(alpha[..., None] == 255, bgr, np.where(out[..., 3:] > 0, mixed, 0))


def _times(plane: Plane8, alpha: Plane8) -> Plane8:
    product = plane.astype(np.uint16) * alpha
    return ((product + 127) // 255).astype(np.uint8)
