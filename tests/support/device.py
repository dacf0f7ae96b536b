"""Arrays to and from a device, and how near two pictures are; for tests that run in numba's simulator or on a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livecut.kernels.cuda.device import Device

ONE_LEVEL = 1.0 / 255.0


def back(array: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """A device array on the host, in this shape."""
    return np.asarray(array.copy_to_host()).reshape(shape)


def poisoned(device: Device, count: int, dtype: Any = np.uint8) -> Any:
    """Memory in which what is not written shows."""
    return device.given(np.full(count, 77 if dtype == np.uint8 else np.nan, dtype))


def furthest(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The largest difference, NaN where one is none."""
    assert one.shape == other.shape
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())


def scenery(height: int, width: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A busy picture and a person's alpha with a soft rim in it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    base = 128 + 90 * np.sin(x / 3.7)[..., None] * np.cos(y[..., None] / 5.1 + np.arange(3))
    bgr = np.clip(base + rng.normal(0, 20, (height, width, 3)), 0, 255).astype(np.uint8)
    reach = np.hypot((x + 0.5 - width * 0.5) / (width * 0.25), (y + 0.5 - height * 0.65) / (height * 0.5))
    alpha = (np.clip((1.15 - reach) / 0.3, 0, 1) * 255).round().astype(np.uint8)
    return bgr, alpha


def soft_planes(height: int, width: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A network's matte with doubts, specks and holes in it, and a depth map."""
    rng = np.random.default_rng(seed)
    _, alpha = scenery(height, width, seed)
    noise = rng.normal(0, 0.06, (height, width))
    matte = np.clip(alpha / 255.0 + noise * (alpha > 0), 0, 1)
    for _ in range(4):
        top, left = rng.integers(0, max(1, height - 2)), rng.integers(0, max(1, width - 2))
        matte[top : top + 2, left : left + 2] = rng.random()
    y = np.mgrid[0:height, 0:width][0] / height
    depth = np.clip(np.maximum(0.8 * alpha / 255.0, 0.6 * y) + rng.normal(0, 0.02, (height, width)), 0, 1)
    return np.ascontiguousarray(matte, np.float32), np.ascontiguousarray(depth, np.float32)
