"""A network that answers depth, each frame by itself."""

from __future__ import annotations

from livecut.estimators.fitting import Fitting
from livecut.estimators.watched import MotionWatch
from livecut.inference.runner import Network
from livecut.protocols import Need
from livecut.types import DepthMap, Estimate, Frame, Size

__all__ = ["DepthNetwork"]


class DepthNetwork:
    """The depth of a network without memory; of a joint one it gives the depth only."""

    def __init__(self, network: Network, size: Size, watch: MotionWatch | None = None) -> None:
        if Need.DEPTH not in network.spec.gives or network.spec.states:
            raise ValueError(f"{network.spec.name} is no depth network")
        self._network = network
        self._fitting = Fitting(network, size, watch, frozenset({Need.DEPTH}))

    @property
    def gives(self) -> frozenset[Need]:
        """Depth."""
        return frozenset({Need.DEPTH})

    @property
    def plane_size(self) -> Size:
        """Of the depth map, for frames of the size it was built for or saw last."""
        return self._fitting.box.size

    def estimate(self, frame: Frame) -> Estimate:
        """The depth map, valid until the next call. Raises `ModelError` or `AcceleratorError`."""
        planes = self._fitting.look(frame)
        return Estimate(depth=DepthMap(planes[Need.DEPTH], frame.index, frame.captured_ns))

    def reset(self) -> None:
        """Nothing to forget: each frame stands by itself."""

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._network.close()
