"""Pictures into what networks want, and networks' answers into planes, on the device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numba import cuda

from livecut.kernels.cpu.tensor import Activation
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.geometry import _area_mean, linear_sample
from livecut.kernels.reflection import mirrored
from livecut.types import Size

__all__ = ["NetworkInput", "Shrink", "activate", "scale_depth", "to_tensor"]

_OVERSHOOT: Final = 0.05
"""As far outside 0 … 1 an alpha may lie that is believed (`pipeline.trust`)."""
_KINDS: Final = {"none": 0, "sigmoid": 1, "softmax": 2}

_mirrored = cuda.jit(device=True)(mirrored)


@cuda.jit(cache=True)
def _shrink(
    image: Any, source_width: Any, source_height: Any, left: Any, top: Any, wide: Any, tall: Any, enlarges: Any,
    width: Any, height: Any, out: Any,
) -> None:  # fmt: skip
    # The box of `out` gets the picture, the rest of it the box's own reflections.
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    per_x, per_y = np.float32(source_width) / np.float32(wide), np.float32(source_height) / np.float32(tall)
    for y in range(start_y, height, step_y):
        for x in range(start_x, width, step_x):
            column = _mirrored(x, left, wide) - left
            row = _mirrored(y, top, tall) - top
            for channel in range(3):
                if enlarges:
                    at_x = (np.float32(column) + np.float32(0.5)) * per_x - np.float32(0.5)
                    at_y = (np.float32(row) + np.float32(0.5)) * per_y - np.float32(0.5)
                    level = linear_sample(
                        image, source_width, channel, at_x, at_y, 0, 0, source_width - 1, source_height - 1
                    )
                else:
                    from_x, from_y = np.float32(column) * per_x, np.float32(row) * per_y
                    to_x = min(np.float32(column + 1) * per_x, np.float32(source_width))
                    to_y = min(np.float32(row + 1) * per_y, np.float32(source_height))
                    level = _area_mean(image, source_width, channel, from_x, to_x, from_y, to_y)
                out[3 * (y * width + x) + channel] = np.uint8(min(level + np.float32(0.5), np.float32(255.0)))


class Shrink:
    """Resizes pictures of one size into a box of a network's input and continues it by reflections.

    Means over what each pixel covers, as the CPU's class of this name.
    """

    def __init__(self, device: Device, source: Size, target: Size, box: tuple[int, int, int, int]) -> None:
        """`box`: left, top, width and height inside `target`."""
        self._device = device
        self._target, self._box = target, box
        self._source = source
        self._enlarges = source.width < box[2] or source.height < box[3]

    def __call__(self, bgr: Any, out: Any) -> None:
        """Fill `out` (3 · target pixels) uint8 from `bgr` (3 · source pixels) uint8."""
        source, target = self._source, self._target
        self._device.over(_shrink, *target, bgr, *source, *self._box, self._enlarges, *target, out)


@cuda.jit(cache=True)
def _to_tensor(image: Any, pixels: Any, scale: Any, bias: Any, rgb: Any, nchw: Any, out: Any) -> None:
    for at in range(cuda.grid(1), pixels, cuda.gridsize(1)):
        for channel in range(3):
            source = 2 - channel if rgb else channel
            value = np.float32(image[3 * at + source]) * scale[channel] + bias[channel]
            out[channel * pixels + at if nchw else 3 * at + channel] = value


def to_tensor(
    device: Device, image: Any, pixels: int, scale: Any, bias: Any, out: Any, *, rgb: bool, nchw: bool
) -> None:
    """Write `pixel * scale + bias` of a BGR picture into a network's float32 input, all of it on the device."""
    device.each(_to_tensor, pixels, image, pixels, scale, bias, rgb, nchw, out)


@cuda.jit(cache=True)
def _activate(
    raw: Any, per_channel: Any, per_row: Any, per_column: Any, channels: Any, channel: Any, kind: Any,
    left: Any, top: Any, wide: Any, tall: Any, out: Any, flags: Any, flag: Any,
) -> None:  # fmt: skip
    zero, one = np.float32(0.0), np.float32(1.0)
    low, high = np.float32(-_OVERSHOOT), np.float32(1.0 + _OVERSHOOT)
    for at in range(cuda.grid(1), wide * tall, cuda.gridsize(1)):
        y = at // wide
        x = at - y * wide
        place = (top + y) * per_row + (left + x) * per_column
        own = np.float32(raw[channel * per_channel + place])
        if kind == 0:
            # Written so that NaN stays NaN.
            value = zero if own < zero else (one if own > one else own)
        elif kind == 1:
            value = one / (one + np.float32(cuda_exp(-own)))
        else:
            total = one
            for other in range(channels):
                if other != channel:
                    total += np.float32(cuda_exp(np.float32(raw[other * per_channel + place]) - own))
            value = one / total
        if not (value >= low and value <= high):
            # Told, and gone: what is no number must not become an index further on.
            flags[flag] = 1
            value = zero
        out[at] = value


@cuda.jit(device=True)
def cuda_exp(value: Any) -> Any:
    """e to a float32, an overflow being infinite and not an error."""
    if value > np.float32(88.7):
        return np.float32(np.inf)
    return np.float32(math.exp(value))


def activate(
    device: Device, raw: Any, strides: tuple[int, int, int], channels: int, channel: int, activation: Activation,
    box: tuple[int, int, int, int], out: Any, flags: Any, flag: int,
) -> None:  # fmt: skip
    """Fill `out` (box) float32 with alpha 0 … 1 of one channel of a network's answer, cut out of it.

    `strides`: elements from channel to channel, row to row and column to column of `raw`. `flags[flag]` becomes 1
    where a value is no coverage (NaN above all), which counts as none.
    """
    kind = _KINDS[activation]
    device.each(_activate, box[2] * box[3], raw, *strides, channels, channel, kind, *box, out, flags, flag)


@cuda.jit(cache=True)
def _scale_depth(
    raw: Any, per_channel: Any, per_row: Any, per_column: Any, channel: Any, factor: Any, shift: Any,
    left: Any, top: Any, wide: Any, tall: Any, out: Any, flags: Any, flag: Any,
) -> None:  # fmt: skip
    zero, one = np.float32(0.0), np.float32(1.0)
    for at in range(cuda.grid(1), wide * tall, cuda.gridsize(1)):
        y = at // wide
        x = at - y * wide
        own = np.float32(raw[channel * per_channel + (top + y) * per_row + (left + x) * per_column])
        value = own * factor + shift
        value = zero if value < zero else (one if value > one else value)
        if not (value >= zero and value <= one):
            flags[flag] = 1
            value = zero
        out[at] = value


def scale_depth(
    device: Device, raw: Any, strides: tuple[int, int, int], channel: int, box: tuple[int, int, int, int], out: Any,
    flags: Any, flag: int, *, far: float, near: float,
) -> None:  # fmt: skip
    """Make nearness 0 … 1 of one channel of a network's answer and cut its box out.

    `flags[flag]` becomes 1 where it is no number, which counts as 0.
    """
    factor = 1.0 / (near - far)
    scale, shift = np.float32(factor), np.float32(-far * factor)
    device.each(_scale_depth, box[2] * box[3], raw, *strides, channel, scale, shift, *box, out, flags, flag)


class NetworkInput:
    """From frames of one size to a network's input."""

    def __init__(self, device: Device, size: Size, given: Size, box: tuple[int, int, int, int]) -> None:
        """`given` is the input's size, `box` the part of it that shows the frame."""
        self._device = device
        self._shrink = Shrink(device, size, given, box)
        self._pixels = given.width * given.height
        self._scale: Any = None
        self._bias: Any = None
        self._rgb = self._nchw = False

    def normalised(self, mean: Sequence[float], std: Sequence[float], *, rgb: bool, nchw: bool) -> None:
        """The network wants `(pixel - mean) / std`, in its own channel order."""
        middle, spread = np.array(mean, np.float32), np.array(std, np.float32)
        self._scale, self._bias = self._device.given(1.0 / spread), self._device.given(-middle / spread)
        self._rgb, self._nchw = rgb, nchw

    def __call__(self, bgr: Any, image: Any) -> None:
        """Fill `image` (3 · input pixels) uint8 with `bgr`."""
        self._shrink(bgr, image)

    def tensor(self, image: Any, out: Any) -> None:
        """Fill the float32 input with `image`."""
        to_tensor(self._device, image, self._pixels, self._scale, self._bias, out, rgb=self._rgb, nchw=self._nchw)
