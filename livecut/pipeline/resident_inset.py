"""`pipeline.inset.Inset` on the device: parts look at what a frame fills of the picture, nobody is beside it."""

from __future__ import annotations

from typing import Any

from livecut.kernels.cpu.geometry import Box, Fit, beside, place_of_whole
from livecut.kernels.cpu.surround import surrounding, taps_around
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.geometry import clear_beside
from livecut.kernels.cuda.memory import Refit
from livecut.kernels.cuda.surround import lay
from livecut.types import Size

__all__ = ["DeviceInset"]


class DeviceInset:
    """Estimator and refiner are built for frames of one shape, and the memory is taken for them.

    A frame of another shape is shown whole on the part that theirs fill: smaller than it need be, until the next plan.
    """

    def __init__(self, device: Device, size: Size, source: Size, plane_size: Size, *, depth: bool) -> None:
        """For frames shaped as `source`, pictures of `size` and planes of `plane_size`; `depth`: there is such."""
        place = place_of_whole(source, size)
        self.size, self.place = size, place
        self.grid = surrounding(plane_size, place, size)
        """Of depth over all of the picture."""
        self._device = device
        self._shown = place
        self._is_part = bool(beside(place, size))
        self._bgr: Any = None
        self._alpha: Any = None
        self._nearness: Any = None
        if self._is_part:
            pixels = size.width * size.height
            self._bgr, self._alpha = device.zeros_bytes(3 * pixels), device.zeros_bytes(pixels)
            if depth:
                self._nearness = device.zeros(self.grid.width * self.grid.height)
                self._surround = Refit(device, plane_size, self.grid, *taps_around(plane_size, place, size))

    def look_at(self, source: Size) -> Fit:
        """The next frame is of size `source`; how it comes to the size of `place`."""
        if place_of_whole(source, self.size) == self.place:
            self._shown = self.place
            return "stretch"  # but for rounding it has that shape
        inner = place_of_whole(source, self.place.size)
        self._shown = Box(self.place.x + inner.x, self.place.y + inner.y, inner.width, inner.height)
        return "contain"

    def whole(self, bgr: Any, alpha: Any, nearness: Any) -> tuple[Any, Any, Any]:
        """Picture, alpha and nearness (or None) of all of the picture, from those of its part."""
        device, place, size = self._device, self.place, self.size
        if not self._is_part:
            self.clear(alpha, 1)
            return bgr, alpha, nearness
        lay(device, bgr, place, self._bgr, size, 3)
        lay(device, alpha, place, self._alpha, size, 1)
        self.clear(self._alpha, 1)
        if nearness is not None:
            self._surround(nearness, self._nearness)
            nearness = self._nearness
        return self._bgr, self._alpha, nearness

    def warm(self) -> None:
        """Compile what only a frame of another shape asks for."""
        out = self._device.zeros_bytes(4)
        clear_beside(self._device, Box(0, 0, 1, 2), out, Size(2, 2), 1)

    def clear(self, out: Any, channels: int) -> None:
        """Make 0 what lies beside the frame in `out` (`channels` · pixels of the picture, uint8)."""
        if beside(self._shown, self.size):
            clear_beside(self._device, self._shown, out, self.size, channels)
