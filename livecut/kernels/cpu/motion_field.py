"""How a picture moved since an earlier one, and where it stayed the same: what memory over time rests on."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from livecut.kernels.cpu.calm import Calm
from livecut.kernels.cpu.checks import check_pixels
from livecut.kernels.cpu.inverse_search import DenseInverseSearch
from livecut.kernels.cpu.likeness import likeness
from livecut.kernels.cpu.parting import Parting
from livecut.types import Pixels, Size

__all__ = ["MotionField"]

_CUT: Final = 0.5
"""Mean likeness below which it is another scene, or another light, and nothing is worth remembering."""
_EVEN: Final = (5, 5)
"""Square that motion is averaged over, in pixels of the grid it is found on: patches lie four apart."""
_LEAST_SIDE: Final = 48
"""Patches need room; smaller pictures are taken for still."""


class MotionField:
    """Follows pictures of one size, the network's, from one to the next.

    `DenseInverseSearch` finds how they moved, `likeness` says how alike the two are along that.
    """

    def __init__(self, size: Size) -> None:
        """Take the memory."""
        self.size = size
        shape = (size.height, size.width)
        self._finder = DenseInverseSearch(size) if min(size) >= _LEAST_SIDE else None
        self._blur = Calm(size)
        self._calm = np.empty((*shape, 3), np.uint8)
        # Four bytes a pixel: `likeness` looks up what lies anywhere a pixel at a time.
        self._now, self._before = np.empty((*shape, 4), np.uint8), np.empty((*shape, 4), np.uint8)
        self._grey = np.empty(shape, np.uint8)
        self._flow = np.zeros((*shape, 2), np.float32)
        self.dx, self.dy = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        """Where in the picture before each pixel was, relative to its own place, in pixels."""
        self.same = np.zeros(shape, np.float32)
        """How alike it looks there, 0 … 1; less beside what moves otherwise."""
        self._parting = Parting(size)
        self._knows = False

    def __call__(self, bgr: Pixels) -> bool:
        """Look at the next picture (h, w, 3) uint8; `dx`, `dy` and `same` then say how it came from the one before.

        False where there is none before, and after a cut or a jump of the light: they say nothing then.
        """
        check_pixels("bgr", bgr, self.size)
        self._now, self._before = self._before, self._now
        self._blur(bgr, self._calm)
        cv2.cvtColor(self._calm, cv2.COLOR_BGR2BGRA, dst=self._now)
        if self._finder is not None:
            cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY, dst=self._grey)
            self._finder.look(self._grey)
        known, self._knows = self._knows, True
        if not known:
            return False
        if self._finder is not None:
            found = self._finder.find()
            cv2.blur(found, _EVEN, dst=found, borderType=cv2.BORDER_REPLICATE)
            cv2.resize(found, self.size, dst=self._flow, interpolation=cv2.INTER_LINEAR)
        alike = likeness(self._now, self._before, self._flow, self.dx, self.dy, self.same)
        self._parting(self.dx, self.dy, self.same)
        return alike >= _CUT

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._knows = False
