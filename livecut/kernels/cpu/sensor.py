"""What a camera makes of a still picture: motion, exposure and sensor noise."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.types import Pixels

__all__ = ["NOISE_UNIT", "expose", "noise_strip", "warp"]

NOISE_UNIT: Final = 16
"""Steps of a noise strip that make one grey level."""

_NOISE_STEP: Final = np.float32(1 / NOISE_UNIT)


def warp(source: Pixels, frame_to_source: NDArray[np.float64], out: Pixels) -> None:
    """Fill `out` with `source` seen through a 2x3 affine map from pixels of `out` to pixels of `source`.

    Pixel centres stand at whole numbers in both. Bilinear; beyond its border the source repeats its last pixel.
    """
    if frame_to_source.shape != (2, 3):
        raise ValueError(f"an affine map has shape (2, 3), not {frame_to_source.shape}")
    cv2.warpAffine(
        source,
        frame_to_source,
        (out.shape[1], out.shape[0]),
        dst=out,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def noise_strip(length: int, sigma: float, seed: int) -> NDArray[np.int8]:
    """`length` samples of Gaussian noise of `sigma` grey levels, in steps of 1/`NOISE_UNIT` level.

    The same on every machine: numpy keeps the stream of its legacy generator for ever.
    """
    samples = np.random.RandomState(seed).standard_normal(length) * (sigma * NOISE_UNIT)
    return np.clip(np.rint(samples), -127, 127).astype(np.int8)


def expose(picture: Pixels, gain: float, noise: NDArray[np.int8], key: int, out: Pixels) -> None:
    """Multiply `picture` by `gain`, add noise and clip; `out` is other memory (in place it runs 15 times slower).

    Each row reads the strip `noise` (from `noise_strip`, longer than a row of samples) from another place, chosen by
    `key` and the row, so that one short strip serves all frames and no pattern shows. Noise grows with the gain, as a
    sensor's does.
    """
    height, width, channels = picture.shape
    if out.shape != picture.shape:
        raise ValueError(f"out has shape {out.shape}, the picture {picture.shape}")
    if np.may_share_memory(out, picture):
        raise ValueError("out must not be the picture itself")
    samples = width * channels
    if len(noise) <= samples:
        raise ValueError(f"a strip of {len(noise)} samples is too short for rows of {samples}")
    if not 0.0 <= gain <= 8.0:
        raise ValueError(f"gain is between 0 and 8, not {gain}")
    rows, target = picture.reshape(height, samples), out.reshape(height, samples)
    _expose(rows, np.float32(gain), noise, np.uint64(key & 0xFFFFFFFF), target)


@njit(cache=True, nogil=True)
def _expose(
    rows: NDArray[np.uint8], gain: np.float32, noise: NDArray[np.int8], key: np.uint64, out: NDArray[np.uint8]
) -> None:
    # No fast maths: the demo source promises the same bytes on every machine.
    places = np.uint64(noise.size - rows.shape[1])
    for y in range(rows.shape[0]):
        # splitmix64: neighbouring rows and frames read far-apart places of the strip.
        mixed = (key << np.uint64(32)) + np.uint64(y) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
        start = np.int64(mixed % places)
        grain = noise[start : start + rows.shape[1]]
        row = rows[y]
        target = out[y]
        for x in range(rows.shape[1]):
            value = gain * (np.float32(row[x]) + np.float32(grain[x]) * _NOISE_STEP) + np.float32(0.5)
            target[x] = np.uint8(min(max(value, np.float32(0.0)), np.float32(255.0)))
