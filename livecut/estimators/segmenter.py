"""A network that answers a matte, each frame by itself."""

from __future__ import annotations

from livecut.estimators.fitting import Fitting
from livecut.estimators.watched import MotionWatch
from livecut.inference.runner import Network
from livecut.protocols import Need
from livecut.types import Estimate, Frame, Size, SoftMatte

__all__ = ["Segmenter"]


class Segmenter:
    """The matte of a network without memory; of a joint one it gives the matte only."""

    def __init__(self, network: Network, size: Size, watch: MotionWatch | None = None) -> None:
        if Need.MATTE not in network.spec.gives or network.spec.states:
            raise ValueError(f"{network.spec.name} is no segmenting network")
        self._network = network
        self._fitting = Fitting(network, size, watch)

    @property
    def gives(self) -> frozenset[Need]:
        """The matte."""
        return frozenset({Need.MATTE})

    @property
    def plane_size(self) -> Size:
        """Of the matte, for frames of the size it was built for or saw last."""
        return self._fitting.box.size

    def estimate(self, frame: Frame) -> Estimate:
        """The matte, valid until the next call. Raises `ModelError` or `AcceleratorError`."""
        planes = self._fitting.look(frame)
        return Estimate(matte=SoftMatte(planes[Need.MATTE], frame.index, frame.captured_ns, self._fitting.seen))

    def reset(self) -> None:
        """Nothing to forget: each frame stands by itself."""

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._network.close()
