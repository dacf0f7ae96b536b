"""A drawn person with a cup beside her, on a network's grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

H, W = 160, 288
CUP = np.s_[70:100, 170:200]
"""Beside her right side, which is column 170."""


def person() -> NDArray[np.float32]:
    """Her matte."""
    alpha = np.zeros((H, W), np.float32)
    alpha[30:, 110:170] = 1.0
    return alpha
