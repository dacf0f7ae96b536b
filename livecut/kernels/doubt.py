"""How sure a matte's pixel is, and how much of its old value a doubtful one keeps."""

from __future__ import annotations

import numpy as np

__all__ = ["smooth_pixel"]

# A jump of this much between two frames is motion, not noise: the old value counts for nothing.
_JUMP = 0.5
_PER_JUMP = np.float32(1.0 / _JUMP)
_HALF, _ONE, _ZERO = np.float32(0.5), np.float32(1.0), np.float32(0.0)
_C1, _C2, _C3 = np.float32(5.68842), np.float32(-0.748699), np.float32(-57.8051)
_C4, _C5 = np.float32(291.309), np.float32(624.717)


def smooth_pixel(p: np.float32, before: np.float32, ratio: np.float32) -> np.float32:
    """The coverage `p`, drawn towards the frame `before`'s by `ratio` at most, the less the surer or the more it moved.

    A `before` that is not a number is left behind; a `p` that is none stays so.
    """
    x = (p - _HALF) * (p - _HALF)
    # How far p is from sure, 1 at one half, 0 at both ends: MediaPipe's fit to the entropy of p, whose flat top
    # and steep flanks leave sure pixels alone (segmentation_smoothing_calculator.cc).
    sure = x * (_C1 + x * (_C2 + x * (_C3 + x * (_C4 - _C5 * x))))
    doubt = _ONE - min(_ONE, max(_ZERO, sure))
    change = before - p
    # Written so that a state that is not a number (a network's fault in an earlier frame) is simply left behind.
    agreement = _ONE - abs(change) * _PER_JUMP
    kept = change * doubt * agreement * ratio if agreement > _ZERO else _ZERO
    return p + kept
