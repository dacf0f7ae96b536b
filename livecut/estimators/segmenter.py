"""A network that answers a matte, each frame by itself."""

from __future__ import annotations

from typing import ClassVar

from livecut.estimators.fitting import Fitting, held_of
from livecut.estimators.watched import MotionWatch
from livecut.inference.runner import Network
from livecut.protocols import Need
from livecut.types import Estimate, Frame, Size, SoftMatte

__all__ = ["Segmenter"]


class Segmenter:
    """The matte of a network without memory, and what is `held` where that is asked for; never depth."""

    kind: ClassVar = "segmenting"
    remembers: ClassVar = False
    """Whether the network has states."""

    def __init__(self, network: Network, size: Size, watch: MotionWatch | None = None, *, held: bool = False) -> None:
        if Need.MATTE not in network.spec.gives or bool(network.spec.states) != self.remembers:
            raise ValueError(f"{network.spec.name} is no {self.kind} network")
        self._network = network
        self._wanted = frozenset({Need.MATTE, *([Need.HELD] if held else [])})
        self._fitting = Fitting(network, size, watch, self._wanted)

    @property
    def gives(self) -> frozenset[Need]:
        """The matte, and what is held if asked for."""
        return self._wanted

    @property
    def plane_size(self) -> Size:
        """Of the matte, for frames of the size it was built for or saw last."""
        return self._fitting.box.size

    def estimate(self, frame: Frame) -> Estimate:
        """The matte, valid until the next call. Raises `ModelError` or `AcceleratorError`."""
        planes = self._fitting.look(frame)
        matte = SoftMatte(planes[Need.MATTE], frame.index, frame.captured_ns, self._fitting.seen)
        return Estimate(matte, held=held_of(planes, frame))

    def reset(self) -> None:
        """Nothing to forget: each frame stands by itself."""

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._network.close()
