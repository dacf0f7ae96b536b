"""What stands where a virtual camera would: pictures are turned into I420, and their age is taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from livecut.kernels.cpu.yuv import bgr_to_i420, yuv420_bytes
from livecut.sinks.opaque import Opaque
from livecut.types import Picture, Size

__all__ = ["I420Sink"]


class I420Sink:
    """Does what the virtual camera's sink does before it hands over; keeps how old each picture was then."""

    def __init__(self, size: Size, *, colour: str = "#00b140", clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.name: Final = "i420"
        self._opaque = Opaque(colour)
        self._bytes = np.empty(yuv420_bytes(size), np.uint8)
        self._clock_ns = clock_ns
        self.ages_ms: list[float] = []
        """Of every picture but the card, repeats too, when it had been converted."""

    def write(self, picture: Picture) -> None:
        """Convert one picture."""
        if picture.planar is None or picture.planar.name != "i420" or picture.alpha is not None:
            bgr_to_i420(self._opaque.of(picture), self._bytes)
        if not picture.is_card:
            self.ages_ms.append((self._clock_ns() - picture.captured_ns) / 1e6)

    def close(self) -> None:
        """Nothing to finish."""
