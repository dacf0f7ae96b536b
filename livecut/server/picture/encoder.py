"""PNG and JPEG files of answers."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_JPEG_SIDE_PX", "jpeg", "png"]

MAX_JPEG_SIDE_PX = 65_500
"""Of either side, says libjpeg."""

_IHDR_END = 8 + 25
_PNG_EFFORT = 1
_JPEG_QUALITY = 95


def png(pixels: NDArray[np.uint8], *, profile: bytes = b"") -> bytes:
    """A PNG of a grey (h, w) or BGRA (h, w, 4) picture, with an RGB colour profile if there is one."""
    done, encoded = cv2.imencode(".png", pixels, (cv2.IMWRITE_PNG_COMPRESSION, _PNG_EFFORT))
    if not done:
        raise ValueError(f"no PNG of {pixels.shape}")
    data = encoded.tobytes()
    if not profile:
        return data
    # OpenCV writes no profiles; the chunk belongs between the header and the pixels.
    body = b"iCCP" + b"ICC profile\0\0" + zlib.compress(profile)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:_IHDR_END] + chunk + data[_IHDR_END:]


def jpeg(grey: NDArray[np.uint8]) -> bytes:
    """A JPEG of a grey (h, w) picture."""
    done, encoded = cv2.imencode(".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
    if not done:
        raise ValueError(f"no JPEG of {grey.shape}")
    return encoded.tobytes()
