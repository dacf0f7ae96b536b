"""A network that carries what it saw from frame to frame (Robust Video Matting)."""

from __future__ import annotations

from livecut.estimators.segmenter import Segmenter
from livecut.inference.runner import Network
from livecut.types import Size

__all__ = ["Recurrent"]


class Recurrent(Segmenter):
    """The matte of a recurrent network; its state stays where the network runs, and a new frame size forgets it."""

    kind = "recurrent"
    remembers = True

    def __init__(self, network: Network, size: Size, *, held: bool = False) -> None:
        # Its motion is not watched: it has looked at the frame before by itself.
        super().__init__(network, size, held=held)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._network.reset()
