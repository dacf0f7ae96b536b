"""Temporal smoothing of a matte that calms doubt without trailing behind motion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane

__all__ = ["smooth_matte"]

# A jump of this much between two frames is motion, not noise: the old value counts for nothing.
_JUMP = 0.5


@njit(cache=True, nogil=True, fastmath=FAST)
def _smooth(matte: Any, ratio: Any, state: Any) -> None:
    half, one, zero = np.float32(0.5), np.float32(1.0), np.float32(0.0)
    per_jump = np.float32(1.0 / _JUMP)
    for k in range(matte.size):
        p = matte[k]
        x = (p - half) * (p - half)
        # How far p is from sure, 1 at one half, 0 at both ends: MediaPipe's fit to the entropy of p, whose flat top
        # and steep flanks leave sure pixels alone (segmentation_smoothing_calculator.cc).
        sure = x * (
            np.float32(5.68842)
            + x
            * (np.float32(-0.748699) + x * (np.float32(-57.8051) + x * (np.float32(291.309) - np.float32(624.717) * x)))
        )
        doubt = one - min(one, max(zero, sure))
        change = state[k] - p
        # Written so that a state that is not a number (a network's fault in an earlier frame) is simply left behind.
        agreement = one - abs(change) * per_jump
        kept = change * doubt * agreement * ratio if agreement > zero else zero
        state[k] = p + kept


def smooth_matte(matte: Plane, ratio: float, state: Plane) -> None:
    """Move `state` (h, w) float32, the last frame's answer, on to this frame's `matte` (h, w) float32 0 … 1.

    A sure pixel takes its new value at once; a doubtful one keeps up to `ratio` (0 … 1) of its old one, less the more
    the two disagree, so that flicker is damped while a moving edge leaves no trail. A `matte` that is not finite makes
    `state` so for this frame only: the next finite one replaces it.
    """
    if matte.shape != state.shape or matte.dtype != np.float32 or state.dtype != np.float32:
        raise ValueError(f"matte {matte.shape} {matte.dtype} and state {state.shape} {state.dtype} differ")
    if not 0.0 <= ratio <= 1.0:
        raise ValueError(f"ratio must be 0 … 1, not {ratio}")
    _smooth(matte.reshape(-1), np.float32(ratio), state.reshape(-1))
