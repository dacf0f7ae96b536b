"""I420 and NV12: their coefficients and sizes, and a conversion that needs no compiled kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from livecut.types import Pixels, Plane8, Size

__all__ = [
    "UV_ROUND",
    "U_B",
    "U_G",
    "U_R",
    "V_B",
    "V_G",
    "V_R",
    "Y_B",
    "Y_G",
    "Y_R",
    "Y_ROUND",
    "half",
    "plain_yuv420",
    "yuv420_bytes",
]

# BT.601, limited range, in 1/65536: Kr = .299, Kb = .114; luma spans 219 levels from 16, chroma 224 round 128.
# Rounded so that each row sums exactly: white gives 235, every grey gives chroma 128.
Y_B, Y_G, Y_R = 6416, 33039, 16829
U_B, U_G, U_R = 28784, -19071, -9713
V_B, V_G, V_R = -4681, -24103, 28784
# The offset and one half, for one pixel and for the sum of four.
Y_ROUND = (16 << 16) + (1 << 15)
UV_ROUND = (128 << 18) + (1 << 17)


def yuv420_bytes(size: Size) -> int:
    """Length of an I420 or NV12 picture: the luma plane and two of half the sides, rounded up."""
    return size.width * size.height + 2 * half(size.width) * half(size.height)


def half(side: int) -> int:
    """Samples of chroma along a side."""
    return (side + 1) // 2


def plain_yuv420(bgr: Pixels, out: Plane8, *, planar: bool) -> None:
    """Fill `out`, (`yuv420_bytes(size)`,) uint8, with `bgr` (h, w, 3), both sides even: I420 if `planar`, else NV12.

    The same bytes as `bgr_to_i420` and `bgr_to_nv12`, and some ten times slower: for the privacy card, which has to be
    shown before any kernel is compiled.
    """
    height, width = bgr.shape[:2]
    if height % 2 or width % 2 or out.shape != (yuv420_bytes(Size(width, height)),):
        raise ValueError(f"two even sides and memory for them, not {width}x{height} and {out.shape}")
    b, g, r = (bgr[:, :, channel].astype(np.int32) for channel in range(3))
    luma = height * width
    out[:luma].reshape(height, width)[:] = (b * Y_B + g * Y_G + r * Y_R + Y_ROUND) >> 16
    b, g, r = (_squares(plane) for plane in (b, g, r))
    u = (b * U_B + g * U_G + r * U_R + UV_ROUND) >> 18
    v = (b * V_B + g * V_G + r * V_R + UV_ROUND) >> 18
    chroma = out[luma:]
    if planar:
        chroma.reshape(2, height // 2, width // 2)[:] = u, v
    else:
        chroma.reshape(height // 2, width // 2, 2)[:] = np.stack([u, v], axis=-1)


def _squares(plane: Any) -> Any:
    return plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]
