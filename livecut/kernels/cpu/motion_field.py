"""How a picture moved since an earlier one, and where it stayed the same: what memory over time rests on."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_pixels
from livecut.kernels.cpu.resample import FAST
from livecut.types import Pixels, Size

__all__ = ["MotionField"]

_DIFFERENT: Final = 24.0
"""Levels 0 … 255 by which something looks different at all. Sensor noise is a few on a network's grid, where each pixel
is a mean of many: with a standard deviation of 8 in the camera's picture, likeness falls to .98."""
_CALM: Final = 0.8
"""Standard deviation of the blur before pictures are compared, in their pixels."""
_CUT: Final = 0.5
"""Mean likeness below which it is another scene, or another light, and nothing is worth remembering."""
_LEAST_SIDE: Final = 48
"""Optical flow's own patches need room; smaller pictures are taken for still."""


@njit(cache=True, nogil=True, fastmath=FAST)
def _likeness(now: Any, before: Any, flow: Any, dx: Any, dy: Any, same: Any) -> Any:
    # A place that looks the same without any motion has not moved: in flat colours flow follows the noise.
    h, w, _ = now.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    scale = np.float32(1.0 / (_DIFFERENT * _DIFFERENT))
    total = np.float64(0.0)
    for y in range(h):
        for x in range(w):
            least = zero
            for c in range(3):
                least = max(least, abs(np.float32(now[y, x, c]) - np.float32(before[y, x, c])))
            u, v = flow[y, x, 0], flow[y, x, 1]
            at_x, at_y = np.float32(x) + u, np.float32(y) + v
            across, down = zero, zero
            if at_x >= zero and at_y >= zero and at_x <= np.float32(w - 1) and at_y <= np.float32(h - 1):
                left, top = int(at_x), int(at_y)
                right, bottom = min(left + 1, w - 1), min(top + 1, h - 1)
                a, b = at_x - np.float32(left), at_y - np.float32(top)
                most = zero
                for c in range(3):
                    p, q = np.float32(before[top, left, c]), np.float32(before[bottom, left, c])
                    upper = p + (np.float32(before[top, right, c]) - p) * a
                    lower = q + (np.float32(before[bottom, right, c]) - q) * a
                    most = max(most, abs(upper + (lower - upper) * b - np.float32(now[y, x, c])))
                if most < least:
                    least, across, down = most, u, v
            dx[y, x], dy[y, x] = across, down
            alike = max(zero, one - least * least * scale)
            same[y, x] = alike
            total += alike
    return total / (h * w)


class MotionField:
    """Follows pictures of one size, the network's, from one to the next.

    Dense inverse search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016), and beside it how alike
    the two pictures are along the motion: 1 where they are the same, 0 from `_DIFFERENT` levels on in any colour.
    """

    def __init__(self, size: Size) -> None:
        """Take the memory."""
        self.size = size
        shape = (size.height, size.width)
        self._finder: cv2.DISOpticalFlow | None = None
        if min(size) >= _LEAST_SIDE:
            self._finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
            # Half the grid instead of a quarter: a millisecond, and an eighth of the flicker.
            self._finder.setFinestScale(1)
        self._now, self._before = np.empty((*shape, 3), np.uint8), np.empty((*shape, 3), np.uint8)
        self._grey, self._grey_before = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
        self._flow = np.zeros((*shape, 2), np.float32)
        self.dx, self.dy = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        """Where in the picture before each pixel was, relative to its own place, in pixels."""
        self.same = np.zeros(shape, np.float32)
        """How alike it looks there, 0 … 1."""
        self._knows = False

    def __call__(self, bgr: Pixels) -> bool:
        """Look at the next picture (h, w, 3) uint8; `dx`, `dy` and `same` then say how it came from the one before.

        False where there is none before, and after a cut or a jump of the light: they say nothing then.
        """
        check_pixels("bgr", bgr, self.size)
        self._now, self._before = self._before, self._now
        self._grey, self._grey_before = self._grey_before, self._grey
        cv2.GaussianBlur(bgr, (0, 0), _CALM, dst=self._now)
        cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY, dst=self._grey)
        known, self._knows = self._knows, True
        if not known:
            return False
        # What it holds would be taken for a first guess.
        self._flow.fill(0.0)
        if self._finder is not None:
            self._finder.calc(self._grey, self._grey_before, self._flow)
        return bool(_likeness(self._now, self._before, self._flow, self.dx, self.dy, self.same) >= _CUT)

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._knows = False
