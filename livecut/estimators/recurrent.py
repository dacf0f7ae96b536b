"""A network that carries what it saw from frame to frame (Robust Video Matting)."""

from __future__ import annotations

from livecut.estimators.fitting import Fitting, held_of
from livecut.inference.runner import Network
from livecut.protocols import Need
from livecut.types import Estimate, Frame, Size, SoftMatte

__all__ = ["Recurrent"]


class Recurrent:
    """The matte of a recurrent network; its state stays where the network runs, and a new frame size forgets it."""

    def __init__(self, network: Network, size: Size, *, held: bool = False) -> None:
        if Need.MATTE not in network.spec.gives or not network.spec.states:
            raise ValueError(f"{network.spec.name} is no recurrent network")
        self._network = network
        self._wanted = frozenset({Need.MATTE, *([Need.HELD] if held else [])})
        self._fitting = Fitting(network, size, None, self._wanted)

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
        """Forget earlier frames."""
        self._network.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._network.close()
