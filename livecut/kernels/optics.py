"""Scalar optics: light from pixel levels and back, and the circle of confusion; for the CPU and for CUDA alike."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["level_at", "signed_blur", "smooth_ramp", "table_place", "to_light"]

# sRGB's transfer curve as a cubic (largest error 0.003), which runs in vector registers where a power does not.
_C1 = np.float32(0.012522878)
_C2 = np.float32(0.682171111)
_C3 = np.float32(0.305306011)
_PER_LEVEL = np.float32(1.0 / 255.0)
_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_THREE = np.float32(3.0)


def to_light(level: np.float32, bloom: np.float32) -> np.float32:
    """Linear light of a pixel level 0 … 255, bright ones raised: 255 becomes 1 + bloom.

    Sensors clip what lenses see: a lamp is far brighter than the paper beside it, though both are 255. Raised, it
    survives being spread over a disc; the table of levels takes the raise back, so that even areas keep their level.
    """
    x = level * _PER_LEVEL
    light = x * (x * (x * _C3 + _C2) + _C1)
    squared = light * light
    # Products only: a division would cost eight times as much as all the rest.
    return light + bloom * (squared * squared * light)


def table_place(light: np.float32, per_root: np.float32) -> np.float32:
    """Where in a table over the root of raised linear light its level stands.

    `per_root` is how many entries make 1 of the root. Apart from the look-up, which fills no vector registers.
    """
    place: np.float32 = np.float32(math.sqrt(max(light, _ZERO))) * per_root
    return place


def level_at(place: np.float32, levels: NDArray[np.float32]) -> np.float32:
    """The pixel level 0 … 255 at a place (0 …) of such a table; beyond the last entry the last level holds."""
    low = min(int(place), levels.size - 2)
    part = min(place - np.float32(low), _ONE)
    level: np.float32 = levels[low] + (levels[low + 1] - levels[low]) * part
    return level


def signed_blur(nearness: np.float32, focus: np.float32, depth_of_field: np.float32, gain: np.float32) -> np.float32:
    """Radius of the circle of confusion, below 0 behind the focus plane, above 0 before it.

    `gain` is the radius at a nearness 1 away from the sharp range. Nearness goes with one over distance, in which a
    thin lens is linear.
    """
    away = nearness - focus
    out_of_focus = max(abs(away) - depth_of_field, _ZERO) * gain
    return out_of_focus if away > _ZERO else -out_of_focus


def smooth_ramp(value: np.float32, low: np.float32, high: np.float32) -> np.float32:
    """0 at and below `low`, 1 at and above `high`, smooth between."""
    t = min(max((value - low) / (high - low), _ZERO), _ONE)
    return t * t * (_THREE - _TWO * t)
