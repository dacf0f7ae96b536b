"""One network, one pass, both answers: matte and depth."""

from __future__ import annotations

from livecut.estimators.fitting import Fitting, held_of
from livecut.estimators.watched import MotionWatch
from livecut.inference.runner import Network
from livecut.protocols import Need
from livecut.types import DepthMap, Estimate, Frame, Size, SoftMatte

__all__ = ["Joint"]


class Joint:
    """Matte and depth from one pass of a joint network, and what is `held` where that is asked for."""

    def __init__(self, network: Network, size: Size, watch: MotionWatch | None = None, *, held: bool = False) -> None:
        if network.spec.task != "joint":
            raise ValueError(f"{network.spec.name} is no joint network")
        self._network = network
        self._wanted = frozenset({Need.MATTE, Need.DEPTH, *([Need.HELD] if held else [])})
        self._fitting = Fitting(network, size, watch, self._wanted)

    @property
    def gives(self) -> frozenset[Need]:
        """Matte and depth, and what is held if asked for."""
        return self._wanted

    @property
    def plane_size(self) -> Size:
        """Of all planes, for frames of the size it was built for or saw last."""
        return self._fitting.box.size

    def estimate(self, frame: Frame) -> Estimate:
        """All planes, valid until the next call. Raises `ModelError` or `AcceleratorError`."""
        planes = self._fitting.look(frame)
        return Estimate(
            SoftMatte(planes[Need.MATTE], frame.index, frame.captured_ns, self._fitting.seen),
            DepthMap(planes[Need.DEPTH], frame.index, frame.captured_ns),
            held_of(planes, frame),
        )

    def reset(self) -> None:
        """Nothing is carried from frame to frame, unless the network does so."""
        self._network.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._network.close()
