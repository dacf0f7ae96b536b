"""Temporal smoothing of a matte that calms doubt without trailing behind motion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from livecut.kernels import doubt
from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane

__all__ = ["smooth_matte"]

_smooth_pixel = njit(cache=True, nogil=True, fastmath=FAST)(doubt.smooth_pixel)


@njit(cache=True, nogil=True, fastmath=FAST)
def _smooth(matte: Any, ratio: Any, state: Any) -> None:
    for k in range(matte.size):
        state[k] = _smooth_pixel(matte[k], state[k], ratio)


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
