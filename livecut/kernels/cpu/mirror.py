"""Left and right exchanged: a picture to be looked at once more, and what both looks say together."""

from __future__ import annotations

import cv2
import numpy as np

from livecut.types import Pixels, Plane

__all__ = ["mean_of_mirrored", "mirrored"]


def mirrored(bgr: Pixels) -> Pixels:
    """A copy of a picture, (h, w, 3) uint8, with left and right exchanged."""
    return np.ascontiguousarray(bgr[:, ::-1])


def mean_of_mirrored(plane: Plane, other: Plane) -> Plane:
    """A new plane: the mean of `plane` and of `other`, which was found in the mirrored picture. Sizes must agree."""
    if plane.shape != other.shape:
        raise ValueError(f"the planes are {plane.shape} and {other.shape}")
    return np.asarray(cv2.addWeighted(plane, 0.5, np.ascontiguousarray(other[:, ::-1]), 0.5, 0.0), np.float32)
