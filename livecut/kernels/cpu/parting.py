"""Where the parts of a moving picture part: beside what moves otherwise, or looks new, little is worth remembering."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane, Size

__all__ = ["Parting", "apart_from"]

_ODD: Final = 3
"""Side of the square whose median motion counts: in flat colours noise lets single places move otherwise than all round
them, and each would end memory in a square that shows wherever a network doubts."""
_REACH: Final = 5
"""Side of the square whose motions are compared: a network's edge is that wide on its own grid."""
_NEAR: Final = 3
"""Side of the square whose least likeness counts."""
_SOFT: Final = 3
"""Side of the square that the outcome is averaged over: it is made of squares, which show in a doubtful matte."""
_TOGETHER: Final = 0.6
"""Motions that differ by this much, in pixels of a grid of `_LINES`, are one motion."""
_APART: Final = 2.1
"""From this difference on, nothing there is remembered."""
_LINES: Final = 160
"""Shorter side of the grid that these were measured on; on a finer one the same motion is more pixels long."""


def apart_from(size: Size) -> tuple[np.float32, np.float32]:
    """From which difference of motions on nothing is remembered on a grid of `size`, and one over the way there."""
    scale = max(1.0, min(size) / _LINES)
    return np.float32(_APART * scale), np.float32(1.0 / ((_APART - _TOGETHER) * scale))


@njit(cache=True, nogil=True, fastmath=FAST)
def _lessen(least_x: Any, most_x: Any, least_y: Any, most_y: Any, apart: Any, per_pixel: Any, same: Any) -> None:
    zero, one = np.float32(0.0), np.float32(1.0)
    for k in range(same.size):
        spread = max(most_x[k] - least_x[k], most_y[k] - least_y[k])
        same[k] *= min(one, max(zero, (apart - spread) * per_pixel))


class Parting:
    """Lessens the likeness of planes of one size where a moving edge is near.

    The soft edge of a matte reaches a few pixels into the room. As the person moves on, the room there looks as it did
    before, and a memory of likeness alone keeps her edge for a while: a trail. What is near a place that looks new, or
    that moves otherwise, follows the newest answer instead. A single place that moves otherwise is noise.
    """

    def __init__(self, size: Size) -> None:
        """Take the memory."""
        self.size = size
        self._apart = apart_from(size)
        self._square, self._near = np.ones((_REACH, _REACH), np.uint8), np.ones((_NEAR, _NEAR), np.uint8)
        self._planes = np.empty((4, size.height, size.width), np.float32)
        self._least = np.empty((size.height, size.width), np.float32)

    def __call__(self, dx: Plane, dy: Plane, same: Plane) -> None:
        """Take the median of the motion `dx`, `dy` in pixels, and by it and its own least value near lessen `same`.

        What comes of it is averaged over three by three places.
        All are (h, w) float32 and changed in place.
        """
        for name, plane in (("dx", dx), ("dy", dy), ("same", same)):
            check_plane(name, plane, self.size)
        for at, plane in ((0, dx), (2, dy)):
            cv2.medianBlur(plane, _ODD, dst=plane)
            cv2.erode(plane, self._square, dst=self._planes[at])
            cv2.dilate(plane, self._square, dst=self._planes[at + 1])
        cv2.erode(same, self._near, dst=self._least)
        least_x, most_x, least_y, most_y = (plane.reshape(-1) for plane in self._planes)
        _lessen(least_x, most_x, least_y, most_y, *self._apart, self._least.reshape(-1))
        cv2.blur(self._least, (_SOFT, _SOFT), dst=same, borderType=cv2.BORDER_REPLICATE)
