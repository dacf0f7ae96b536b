"""A cutter without a network: whatever is red is a person."""

from __future__ import annotations

import threading

import numpy as np

from livecut.types import Pixels, Plane8

__all__ = ["RedCutter"]


class RedCutter:
    """Takes how much redder than green and blue a pixel is for coverage, and its height for nearness.

    `gate`, when given, is waited for in each call, so that a test decides when an answer is ready.
    """

    def __init__(self, gate: threading.Event | None = None) -> None:
        self._gate = gate
        self.calls = 0
        self._lock = threading.Lock()

    def matte(self, bgr: Pixels) -> Plane8:
        """255 where red exceeds the other colours by 128 and more, less below."""
        with self._lock:
            self.calls += 1
        if self._gate is not None:
            self._gate.wait(30.0)
        others = np.maximum(bgr[..., 0], bgr[..., 1]).astype(np.int16)
        alpha: Plane8 = np.clip((bgr[..., 2] - others) * 2, 0, 255).astype(np.uint8)
        return alpha

    def portrait_depth(self, bgr: Pixels) -> tuple[Plane8, Plane8]:
        """Nearer towards the bottom."""
        height, width = bgr.shape[:2]
        rows = np.linspace(0, 255, height).astype(np.uint8)[:, None]
        return np.ascontiguousarray(np.broadcast_to(rows, (height, width))), self.matte(bgr)

    def close(self) -> None:
        """Nothing to release."""
