"""Depth at a picture's own size, its edges where the matte's are."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from livecut.kernels.cpu.checks import check_plane8
from livecut.kernels.cpu.depth_layers import DepthLayers
from livecut.types import Plane, Plane8, Size

__all__ = ["full_depth", "person_nearness"]

_FARTHEST: Final = 1.0 / 255.0
"""What the farthest part of a person gets, for 0 means nobody."""
_LAYER_SIDE: Final = 480
"""About how many blocks the longer side of a layer has: finer than any network here sees depth."""


def full_depth(nearness: Plane, alpha: Plane8) -> Plane:
    """Nearness (h, w) float32, 0 far … 1 near, at the size of `alpha` (h, w), from a network's plane of any size.

    Person and room are taken apart by the matte, each continued behind the other, and put together again along the
    matte at full resolution; so the step at the outline is as sharp as the matte, not as the network.
    """
    height, width = alpha.shape
    size = Size(width, height)
    check_plane8("alpha", alpha, size)
    block = max(1, round(max(size) / _LAYER_SIDE))
    layers = DepthLayers(size, block)
    rows, columns = layers.shape
    cover = cv2.resize(alpha, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    layers.split(np.ascontiguousarray(nearness, np.float32), cover)
    person, room = (cv2.resize(layer, (width, height)) for layer in (layers.person, layers.room))
    share = alpha.astype(np.float32) / 255.0
    out = room + share * (person - room)
    return np.ascontiguousarray(np.clip(out, 0.0, 1.0), np.float32)


def person_nearness(nearness: Plane, alpha: Plane8) -> Plane:
    """Depth of the people alone (h, w) float32: 1 their nearest part, above 0 their farthest, 0 outside people.

    The range is that of the people between robust percentiles, so that one wrong pixel does not darken all others.
    """
    inside = alpha >= 128
    if not inside.any():
        return np.zeros_like(nearness)
    low, high = (float(value) for value in np.percentile(nearness[inside], (1.0, 99.0)))
    if high - low < 1.0 / 255.0:
        stretched = np.ones_like(nearness)
    else:
        stretched = np.clip((nearness - low) / (high - low), _FARTHEST, 1.0)
    return np.ascontiguousarray(stretched * (alpha.astype(np.float32) / 255.0), np.float32)
