"""I420 and NV12: their coefficients and sizes, and a conversion that needs no compiled kernel."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from livecut.types import Pixels, Plane8, Size

__all__ = [
    "BT601",
    "BT709",
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
    "planes_of",
    "yuv420_bytes",
]

# BT.601, limited range, in 1/65536: Kr = .299, Kb = .114; luma spans 219 levels from 16, chroma 224 round 128.
# Rounded so that each row sums exactly: white gives 235, every grey gives chroma 128.
Y_B, Y_G, Y_R = 6416, 33039, 16829
U_B, U_G, U_R = 28784, -19071, -9713
V_B, V_G, V_R = -4681, -24103, 28784
BT601: Final = (Y_B, Y_G, Y_R, U_B, U_G, U_R, V_B, V_G, V_R)
"""What readers of a virtual camera assume of raw video of any size."""
# As above with Kr = .2126, Kb = .0722.
BT709: Final = (4064, 40254, 11966, 28784, -22188, -6596, -2639, -26145, 28784)
"""What video files of high resolution are in."""
# The offset and one half, for one pixel and for the sum of four.
Y_ROUND = (16 << 16) + (1 << 15)
UV_ROUND = (128 << 18) + (1 << 17)


def yuv420_bytes(size: Size) -> int:
    """Length of an I420 or NV12 picture: the luma plane and two of half the sides, rounded up."""
    return size.width * size.height + 2 * half(size.width) * half(size.height)


def half(side: int) -> int:
    """Samples of chroma along a side."""
    return (side + 1) // 2


def planes_of(i420: Plane8, size: Size) -> tuple[Plane8, Plane8, Plane8]:
    """Y, U and V of an I420 picture of `size`, in its memory."""
    luma, shape = size.width * size.height, (half(size.height), half(size.width))
    chroma = shape[0] * shape[1]
    u, v = i420[luma : luma + chroma], i420[luma + chroma : luma + 2 * chroma]
    return i420[:luma].reshape(size.height, size.width), u.reshape(shape), v.reshape(shape)


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
