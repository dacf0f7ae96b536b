"""How much of the sharp picture stands before its own blurred room; for the CPU and for CUDA alike."""

from __future__ import annotations

import numpy as np

__all__ = ["sharp_share"]

_ONE, _TWO = np.float32(1.0), np.float32(2.0)


def sharp_share(coverage: np.float32, own: np.float32) -> np.float32:
    """The share for a pixel covered 0 … 1: more where the person prevails.

    A camera's rim pixel is a mixture already, `a F + (1 - a) B`; mixed by `a` once more it holds only a² of the person,
    and she is rimmed by the blur. Where the blurred room is near B, the pixel itself is right. Faint coverage counts as
    it is: it is a network's doubt about the room rather than a rim, and the room must not come through. `own` 0 … 1 is
    how much of its own light and colour the blurred room has: before another one the pixel's share of B shows.
    """
    return min(_ONE, coverage + own * _TWO * coverage * coverage * (_ONE - coverage))
