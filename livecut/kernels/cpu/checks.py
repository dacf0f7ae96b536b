"""Checks of arrays: what a public kernel accepts, and whether a network's plane can be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.types import Pixels, Plane, Plane8, Size

__all__ = ["all_finite", "check_pixels", "check_plane", "check_plane8", "in_range"]


def _check(name: str, array: NDArray[np.generic], shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} must be {shape} {np.dtype(dtype)}, not {array.shape} {array.dtype}")
    if not array.flags.c_contiguous:
        raise ValueError(f"{name} must be C-contiguous")


def check_pixels(name: str, bgr: Pixels, size: Size | None = None) -> Size:
    """Size of a picture; ValueError unless it is (h, w, 3) uint8, C-contiguous, not empty and of `size`, if given."""
    if size is None:
        if bgr.ndim != 3 or 0 in bgr.shape:
            raise ValueError(f"{name} must be (h, w, 3) uint8, not {bgr.shape} {bgr.dtype}")
        size = Size(bgr.shape[1], bgr.shape[0])
    _check(name, bgr, (size.height, size.width, 3), np.uint8)
    return size


def check_plane8(name: str, plane: Plane8, size: Size) -> None:
    """ValueError unless `plane` is (h, w) uint8, C-contiguous and of `size`."""
    _check(name, plane, (size.height, size.width), np.uint8)


def check_plane(name: str, plane: Plane, size: Size) -> None:
    """ValueError unless `plane` is (h, w) float32, C-contiguous and of `size`."""
    _check(name, plane, (size.height, size.width), np.float32)


@njit(cache=True, nogil=True)
def _outside(values: Any, low: Any, high: Any) -> int:
    # A comparison with NaN is false, so NaN counts as outside without a test of its own.
    count = 0
    for value in values:
        count += not (low <= value <= high)
    return count


def in_range(plane: Plane, low: float, high: float) -> bool:
    """True when every value lies between `low` and `high`, both included; NaN never does. True for an empty plane."""
    return bool(_outside(plane.reshape(-1), np.float32(low), np.float32(high)) == 0)


def all_finite(plane: Plane) -> bool:
    """True when no value is NaN or infinite. True for an empty plane."""
    largest = float(np.finfo(np.float32).max)
    return in_range(plane, -largest, largest)
