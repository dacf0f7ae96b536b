"""The plain way from a network's matte to a blurred background: what every finished picture is held against."""

from __future__ import annotations

import cv2
import numpy as np

from livecut.bench.measures import Map
from livecut.protocols import Estimator
from livecut.types import Frame, Pixels

__all__ = ["PlainWay"]

SOFTEN = (7, 7)
KEEP = 0.85
"""Share of the newest matte in the running mean (EMA)."""
_LINES = 720


class PlainWay:
    """Bilinear upsampling, a 7x7 Gaussian, a plain running mean, and a Gaussian blur of the whole frame behind it."""

    def __init__(self, estimator: Estimator, radius_px: float) -> None:
        """`radius_px` is the blur's standard deviation in pixels of a 720-line frame, as in the effect `blur`."""
        self._estimator = estimator
        self._radius_px = radius_px
        self._mean: Map | None = None

    def render(self, frame: Frame) -> tuple[Pixels, Map]:
        """The picture and its matte, 0 … 1."""
        soft = self._estimator.estimate(frame).matte
        if soft is None:
            raise ValueError("the plain way needs a matte")
        alpha = cv2.GaussianBlur(cv2.resize(soft.alpha, frame.size), SOFTEN, 0)
        if self._mean is not None and self._mean.shape == alpha.shape:
            alpha = KEEP * alpha + (1.0 - KEEP) * self._mean
        self._mean = np.asarray(alpha, np.float32)
        sigma = self._radius_px * frame.size.height / _LINES
        blurred = cv2.GaussianBlur(frame.bgr, (0, 0), sigma)
        mixed = cv2.blendLinear(frame.bgr, blurred, self._mean, 1.0 - self._mean)
        return np.asarray(mixed, np.uint8), self._mean

    def reset(self) -> None:
        """Forget earlier frames."""
        self._mean = None
        self._estimator.reset()

    def close(self) -> None:
        """Release the network."""
        self._estimator.close()
