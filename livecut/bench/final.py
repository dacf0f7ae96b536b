"""Measures of the finished picture: halo, flicker and trailing. Formulas: docs/measures.md."""

from __future__ import annotations

import cv2
import numpy as np

from livecut.bench.measures import Map, Mask
from livecut.types import Pixels

__all__ = ["BAND_PX", "covered", "halo", "moved", "still_change", "trailing"]

BAND_PX = 12
"""Reach of a halo on either side of the true edge, in pixels of a 720-line picture."""
STILL_PX = 0.25
"""Motion below this counts as none."""
_LEAST_STILL = 0.01
"""Share of the picture that must stand still: under a camera that moves, flow finds a few places by chance."""
_LINES = 720


def halo(picture: Pixels, ideal: Pixels, alpha: Map) -> float:
    """Mean absolute colour error, 0 … 1, within `BAND_PX` of the edge of the true `alpha`; 0 where there is no edge."""
    band = _band(alpha)
    if not band.any():
        return 0.0
    return float(np.abs(picture[band].astype(np.float32) - ideal[band]).mean() / 255)


def _band(alpha: Map) -> Mask:
    solid = (alpha > 0.5).astype(np.uint8)
    if solid.all() or not solid.any():
        return np.zeros(alpha.shape, np.bool_)
    outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    reach = BAND_PX * alpha.shape[0] / _LINES
    return np.asarray(np.maximum(outside, inside) <= reach)


def moved(before: Map, after: Map) -> Mask:
    """Where the true alpha changed sides from one frame to the next: the moving edge."""
    return np.asarray((before > 0.5) != (after > 0.5))


def covered(before: Map, after: Map) -> Mask:
    """Where the person came to be from one frame to the next, for truths that name one person of several.

    What she uncovers may be another person, of whom such a truth says nothing.
    """
    return np.asarray((before <= 0.5) & (after > 0.5))


def trailing(matte: Map, alpha: Map, edge: Mask) -> float | None:
    """Mean absolute error of `matte` against the true `alpha` on the `edge` that moved a frame or two ago.

    None where nothing moved.
    """
    return float(np.abs(matte[edge] - alpha[edge]).mean()) if edge.any() else None


def still_change(before: Pixels, after: Pixels, place: Map, believed: Mask) -> float | None:
    """Mean absolute change, 0 … 1, of the finished picture where the camera's own picture did not move.

    `place` and `believed` are those of `measures.Flow.between` for the camera's picture. None where hardly anything
    stood still.
    """
    height, width = believed.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    still = believed & (np.hypot(place[..., 0] - x, place[..., 1] - y) < STILL_PX)
    if still.mean() < _LEAST_STILL:
        return None
    return float(np.abs(before[still].astype(np.int16) - after[still]).mean() / 255)
