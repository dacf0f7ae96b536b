"""Small people in a still: which parts of it to look at by themselves, and how all looks become one plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from livecut.kernels.cpu.geometry import Box
from livecut.types import Plane, Size

__all__ = ["are_small", "blended", "tiles"]

_SMALL: Final = 0.12
"""Share of the picture under which people are small: parts would cut through larger ones."""
_SIDE: Final = 0.62
"""Of a part's sides to the picture's: it shows everybody 1.6 times as large, and the four overlap by a quarter."""
_WHOLE: Final = 0.5
"""Weight of the look at the whole, which alone sees what stands around somebody."""
_LEAST_WEIGHT: Final = 0.02
"""Of a part at its border, where somebody may be cut off, beside 1 in its middle."""
_LEAST_SIDE: Final = 32
_LARGEST_SIDE: Final = 2048


def are_small(alpha: Plane) -> bool:
    """True when somebody is seen in `alpha` (any size, 0 … 1), and all of them fill little of it."""
    share = np.count_nonzero(alpha > 0.5) / alpha.size
    return bool(0.0 < share < _SMALL)


def tiles(size: Size) -> list[Box]:
    """Four overlapping parts of a picture of `size`, of its own shape; none of a picture too small to be cut."""
    width, height = round(size.width * _SIDE), round(size.height * _SIDE)
    if min(width, height) < _LEAST_SIDE:
        return []
    return [Box(x, y, width, height) for y in (0, size.height - height) for x in (0, size.width - width)]


def blended(whole: Plane, parts: Sequence[tuple[Box, Plane]], size: Size) -> Plane:
    """One plane over the picture of `size`: the mean of `whole` and of `parts`, each over its box, as fine as they are.

    All are 0 … 1 of any size, and the boxes cover the picture. Where parts overlap, each counts by how near its middle
    is; the result has at most 2048 pixels a side.
    """
    finest = max(max(part.shape[1] / box.width, part.shape[0] / box.height) for box, part in parts)
    scale = min(finest, _LARGEST_SIDE / max(size), 1.0)
    width, height = max(1, round(size.width * scale)), max(1, round(size.height * scale))
    seen, weights = np.zeros((2, height, width), np.float32)
    for box, part in parts:
        left, right = (round(x * width / size.width) for x in (box.x, box.x + box.width))
        top, bottom = (round(y * height / size.height) for y in (box.y, box.y + box.height))
        window = np.outer(_bump(bottom - top), _bump(right - left)) + np.float32(_LEAST_WEIGHT)
        seen[top:bottom, left:right] += window * cv2.resize(part, (right - left, bottom - top))
        weights[top:bottom, left:right] += window
    first = cv2.resize(whole, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(_WHOLE * first + (1 - _WHOLE) * seen / weights, np.float32)


def _bump(count: int) -> Plane:
    return np.asarray(np.hanning(count + 2)[1:-1], np.float32)
