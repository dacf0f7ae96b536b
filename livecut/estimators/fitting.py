"""Fit frames of any aspect ratio to a network's input, and its planes back to the frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from livecut.estimators.watched import MotionWatch
from livecut.inference.runner import Network
from livecut.kernels.cpu.tensor import Shrink, copy_plane, empty_plane, mirror_edges
from livecut.protocols import Need
from livecut.types import Frame, Pixels, Plane, Size, SoftMatte

__all__ = ["Box", "Fitting", "content_box", "held_of"]

MAX_SQUEEZE: Final = 1.8
"""Measured with livecut-joint-small 0.2 on four sets of photographs (mean IoU / boundary F): 1.0 .824 / .751,
1.4 .857 / .796, 1.8 .862 / .802, 2.4 .856 / .798, without a bound .857 / .799."""


class Box(NamedTuple):
    """The part of a network's input that shows the frame, in the network's pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.width, self.height)


def content_box(frame: Size, network: Size, fit: Literal["pad", "stretch"]) -> Box:
    """Where a frame of size `frame` lies in the network's input.

    `stretch`: all of it. `pad`: centred, squeezed by at most `MAX_SQUEEZE`, for networks know people of about
    natural proportions only; the rest is to be filled with reflections, in which people look like people.
    """
    if fit == "stretch":
        return Box(0, 0, *network)
    ratio = (frame.width / frame.height) / (network.width / network.height)
    width, height = network
    if ratio > MAX_SQUEEZE:
        height = max(1, round(network.height * MAX_SQUEEZE / ratio))
    elif ratio < 1.0 / MAX_SQUEEZE:
        width = max(1, round(network.width * MAX_SQUEEZE * ratio))
    return Box((network.width - width) // 2, (network.height - height) // 2, width, height)


class Fitting:
    """One network seen through frames of one size at a time; another size is taken as it comes.

    `watch` looks at what the network sees while the network does, where the frame fills all of its input; `wanted` are
    the planes that are asked for, by default all the network gives.
    """

    def __init__(
        self, network: Network, size: Size, watch: MotionWatch | None = None, wanted: frozenset[Need] | None = None
    ) -> None:
        self._network = network
        self._wanted = network.spec.gives if wanted is None else wanted
        self._watch = watch
        self._turn_to(size)

    def _turn_to(self, size: Size) -> None:
        given = self._network.spec.input.size
        self.size = size
        self.box = content_box(size, given, self._network.spec.fit)
        self._whole = self.box.size == given
        self._shrink = Shrink(size, self.box.size)
        self._parts: dict[Need, Plane] = {}
        if not self._whole:
            self._parts = {need: empty_plane(self.box.size) for need in self._wanted}

    @property
    def seen(self) -> Pixels | None:
        """The frame of the last `look`, of the planes' size; None where it fills only a part of the input."""
        return self._network.image if self._whole else None

    def look(self, frame: Frame) -> dict[Need, Plane]:
        """The network's planes for `frame`, stretched over the whole frame, valid until the next call."""
        if frame.size != self.size:
            self._network.reset()
            self._turn_to(frame.size)
        x, y, width, height = self.box
        image = self._network.image
        self._shrink(frame.bgr, image[y : y + height, x : x + width])
        if self._whole:
            return self._look_and_watch(frame, image)
        mirror_edges(image, x, y, width, height)
        planes = self._network.run(image)
        for need, part in self._parts.items():
            copy_plane(planes[need], x, y, part)
        return self._parts

    def _look_and_watch(self, frame: Frame, image: Pixels) -> dict[Need, Plane]:
        if self._watch is None:
            return self._asked(self._network.run(image))
        self._watch.begin(image, frame.index)
        try:
            return self._asked(self._network.run(image))
        finally:
            self._watch.wait()

    def _asked(self, planes: Mapping[Need, Plane]) -> dict[Need, Plane]:
        return {need: planes[need] for need in self._wanted}


def held_of(planes: Mapping[Need, Plane], frame: Frame) -> SoftMatte | None:
    """What the person in `frame` and what she holds cover, if that was asked for."""
    held = planes.get(Need.HELD)
    return None if held is None else SoftMatte(held, frame.index, frame.captured_ns)
