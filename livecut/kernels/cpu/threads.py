"""How many threads the pixel kernels may take: OpenCV's calls, and our own kernels' bands of rows."""

from __future__ import annotations

import cv2

from livecut.kernels.cpu.bands import use_bands

__all__ = ["use_threads"]


def use_threads(count: int) -> None:
    """Let this process's pixel kernels take `count` threads; 0 lets livecut choose.

    OpenCV then gets one, for on pictures of a camera's size a call is over before a second thread is awake: `blur` took
    7 % less of the processor with one than with two, at 1280x720 and at 1920x1080, and no more time. Our own kernels
    share their rows as `use_bands` says.
    """
    if count < 0:
        raise ValueError(f"threads must not be negative, not {count}")
    cv2.setNumThreads(count or 1)
    use_bands(count)
