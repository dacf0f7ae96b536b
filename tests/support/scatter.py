"""A lens, slowly: every pixel of the room throws its light on a disc of its own size, in sRGB's own linear light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livecut.types import Pixels, Plane8

__all__ = ["Doubles", "lens_reference", "to_levels", "to_light"]

Doubles = NDArray[np.float64]


def to_light(levels: Doubles, bloom: float) -> Doubles:
    """Linear light of levels 0 … 255 by sRGB's own curve, bright ones raised by `bloom`."""
    x = levels / 255
    light: Doubles = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return light + bloom * light**5


def to_levels(light: Doubles, bloom: float) -> Doubles:
    """Levels 0 … 255 of such light."""
    levels = np.linspace(0, 255, 20_000)
    answer: Doubles = np.interp(light, to_light(levels, bloom), levels)
    return answer


def lens_reference(bgr: Pixels, alpha: Plane8, radius: Doubles, bloom: float) -> Doubles:
    """The person sharp before a room whose pixels have circles of confusion of `radius` (h, w), in pixels.

    A disc reaches another pixel as far as that one's own circle: what is farther does not spread over what is nearer.
    """
    h, w = alpha.shape
    cover = alpha / 255.0
    weight = np.maximum(1 - 2 * cover, 0) ** 4
    light = to_light(bgr.astype(np.float64), bloom)
    total, sums = np.zeros((h, w)), np.zeros((h, w, 3))
    for v in range(h):
        for u in range(w):
            if weight[v, u] == 0:
                continue
            r = radius[v, u]
            reach = int(np.ceil(r + 0.5))
            top, bottom, left, right = (
                max(v - reach, 0),
                min(v + reach + 1, h),
                max(u - reach, 0),
                min(u + reach + 1, w),
            )
            y, x = np.mgrid[top:bottom, left:right]
            disc = np.clip(np.minimum(r, radius[top:bottom, left:right]) - np.hypot(y - v, x - u) + 0.5, 0, 1)
            share = disc * weight[v, u] / (np.pi * max(r, 0.5) ** 2)
            total[top:bottom, left:right] += share
            sums[top:bottom, left:right] += share[..., None] * light[v, u]
    room = to_levels(sums / np.maximum(total, 1e-9)[..., None], bloom)
    return bgr * cover[..., None] + room * (1 - cover[..., None])
