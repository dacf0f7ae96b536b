"""What comes down: one buffer with the picture, its alpha, its planar form and what is wrong with it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numba import cuda
from numpy.typing import NDArray

from livecut.kernels.cpu.yuv import yuv420_bytes
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.yuv import CONVERSIONS
from livecut.types import Pixels, Plane8, Size

__all__ = ["FLAGS", "Output", "Views"]

FLAGS = 2
"""Bytes at the end that are 0 while all is well."""


class Views(NamedTuple):
    """The parts of a host buffer."""

    bgr: Pixels
    alpha: Plane8 | None
    planar: Plane8 | None
    flags: NDArray[np.uint8]


@cuda.jit(cache=True)
def _clear(out: Any, first: Any, count: Any) -> None:
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        out[first + at] = 0


@cuda.jit(cache=True)
def _copy(plane: Any, out: Any, first: Any, count: Any) -> None:
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        out[first + at] = plane[at]


class Output:
    """A device buffer for pictures of one size, copied to the host as a whole: one copy a frame."""

    def __init__(self, device: Device, size: Size, *, alpha: bool, planar: Literal["i420", "nv12"] | None) -> None:
        """Take the memory. `planar`: the format of a second form without an odd side's last column or row."""
        self._device, self.size, self.planar = device, size, planar
        self.even = Size(size.width - size.width % 2, size.height - size.height % 2)
        self._pixels = pixels = size.width * size.height
        self._alpha_at = 3 * pixels
        self._planar_at = self._alpha_at + (pixels if alpha else 0)
        self.flags_at = self._planar_at + (yuv420_bytes(self.even) if planar is not None else 0)
        """Where the flags begin."""
        self.has_alpha = alpha
        self.memory: Any = device.empty(self.flags_at + FLAGS, np.uint8)
        """Flat; BGR begins at 0."""

    def begin(self) -> None:
        """All is well."""
        self._device.each(_clear, FLAGS, self.memory, self.flags_at, FLAGS)

    def complete(self, alpha: Any) -> None:
        """Add to the painted BGR what else comes down; `alpha` (pixels) uint8 where the picture has one."""
        if self.has_alpha:
            self._device.each(_copy, self._pixels, alpha, self.memory, self._alpha_at, self._pixels)
        if self.planar is not None:
            CONVERSIONS[self.planar](self._device, self.memory, self.size, self.memory, self._planar_at)

    def new_host(self) -> NDArray[np.uint8]:
        """Page-locked memory for all of it."""
        return self._device.pinned(self.flags_at + FLAGS)

    def views(self, host: NDArray[np.uint8]) -> Views:
        """The parts of `host`, which share its memory."""
        width, height = self.size
        return Views(
            host[: self._alpha_at].reshape(height, width, 3),
            host[self._alpha_at : self._planar_at].reshape(height, width) if self.has_alpha else None,
            host[self._planar_at : self.flags_at] if self.planar is not None else None,
            host[self.flags_at :],
        )
