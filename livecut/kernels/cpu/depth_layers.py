"""Depth in two layers, the person's and the room's, so that its edge lies where the matte's does."""

from __future__ import annotations

import math

import cv2
import numpy as np

from livecut.types import Plane, Size

__all__ = ["DepthLayers"]

_HALO = 2.5
"""How far, in pixels of the network, depth is smeared across an outline."""
_NEIGHBOURHOODS = ((9, 0.05), (33, 0.0005))
"""Sides of the windows that fill a layer where it is hidden, and how much they count against a pixel of its own."""
_EVERYWHERE = 1e-6


class DepthLayers:
    """Splits nearness into what the person has and what the room has, each continued behind the other.

    A network's depth changes over several of its pixels where the picture changes at once. Only what lies well inside
    either side is believed; the rest of each layer is filled from its own side.
    """

    def __init__(self, size: Size, block: int) -> None:
        """Take the memory for frames of `size`, worked on in blocks of `block` x `block` pixels."""
        self.size = size
        self.block = block
        self.shape = (-(-size.height // block), -(-size.width // block))
        self.person: Plane = np.empty(self.shape, np.float32)
        """(h, w) nearness of the person."""
        self.room: Plane = np.empty(self.shape, np.float32)
        """(h, w) nearness of everything else."""
        self.person_weight = 0.0
        """How many blocks are surely the person."""
        self.person_nearness = 0.0
        """Mean nearness of the person; meaningless when `person_weight` is 0."""
        self._nearness: Plane = np.empty(self.shape, np.float32)
        self._sure: Plane = np.empty(self.shape, np.float32)
        self._believed: Plane = np.empty(self.shape, np.float32)
        self._window: Plane = np.empty(self.shape, np.float32)
        self._weight: Plane = np.empty(self.shape, np.float32)

    def split(self, nearness: Plane, cover: Plane, *, person: bool = True) -> None:
        """Fill both layers (the person's only if `person`) from `nearness` (any size) and `cover` (h, w), 0 … 1."""
        rows, columns = nearness.shape
        scale_x, scale_y = self.block * columns / self.size.width, self.block * rows / self.size.height
        to_network = np.array([[scale_x, 0.0, 0.5 * scale_x - 0.5], [0.0, scale_y, 0.5 * scale_y - 0.5]], np.float64)
        height, width = self.shape
        cv2.warpAffine(
            nearness,
            to_network,
            (width, height),
            dst=self._nearness,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        reach = max(math.ceil(_HALO / scale_x), 1)
        window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        cv2.erode(cover, window, dst=self._sure)
        np.multiply(self._sure, self._sure, out=self._sure)
        self.person_weight = cv2.sumElems(self._sure)[0]
        if self.person_weight > 0:
            np.multiply(self._sure, self._nearness, out=self._believed)
            self.person_nearness = cv2.sumElems(self._believed)[0] / self.person_weight
        if person:
            self._fill(self.person)
        cv2.dilate(cover, window, dst=self._sure)
        np.subtract(1.0, self._sure, out=self._sure)
        np.multiply(self._sure, self._sure, out=self._sure)
        self._fill(self.room)

    def _fill(self, out: Plane) -> None:
        """The mean of what is believed, from as near by as there is any."""
        np.multiply(self._sure, self._nearness, out=self._believed)
        total = cv2.sumElems(self._sure)[0]
        if total <= 0.0:
            np.copyto(out, self._nearness)
            return
        mean = cv2.sumElems(self._believed)[0] / total
        np.add(self._believed, _EVERYWHERE * mean, out=out)
        np.add(self._sure, _EVERYWHERE, out=self._weight)
        for side, share in _NEIGHBOURHOODS:
            for plane, target in ((self._believed, out), (self._sure, self._weight)):
                cv2.blur(plane, (side, side), dst=self._window, borderType=cv2.BORDER_REPLICATE)
                cv2.scaleAdd(self._window, share, target, dst=target)
        np.divide(out, self._weight, out=out)
