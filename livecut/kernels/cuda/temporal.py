"""Temporal smoothing of a matte on the device."""

from __future__ import annotations

from typing import Any

from numba import cuda

from livecut.kernels import doubt

__all__ = ["smooth_pixel"]

smooth_pixel: Any = cuda.jit(device=True)(doubt.smooth_pixel)
"""One pixel of `smooth_matte`: the value, the frame before's, the ratio."""
