"""How sharp a picture is, to choose the best of a burst."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from livecut.kernels.cpu.checks import check_pixels
from livecut.types import Pixels

__all__ = ["sharpness"]

_SIDE: Final = 640
_DARK, _BRIGHT = 12, 243


def sharpness(bgr: Pixels) -> float:
    """Variance of the Laplacian at a common size (Pertuz et al. 2013), lowered by the share of clipped pixels."""
    size = check_pixels("bgr", bgr)
    scale = min(1.0, _SIDE / max(size))
    small = (max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    grey = cv2.cvtColor(cv2.resize(bgr, small, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    clipped = float(np.mean((grey < _DARK) | (grey > _BRIGHT)))
    return float(cv2.Laplacian(grey, cv2.CV_32F).var()) * (1.0 - clipped)
