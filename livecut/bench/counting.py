"""Counts how often networks really run."""

from __future__ import annotations

from collections.abc import Mapping

from livecut.inference.accelerator import Accelerator
from livecut.inference.runner import Network, open_runner
from livecut.inference.spec import ModelSpec
from livecut.protocols import Need
from livecut.types import Pixels, Plane

__all__ = ["Counting", "CountingOpener"]


class Counting:
    """A network that counts its runs: what a stride, a gate or a wrapper saves is not counted, whatever it is."""

    def __init__(self, inner: Network) -> None:
        self._inner = inner
        self.runs = 0

    @property
    def spec(self) -> ModelSpec:
        """Of the inner network."""
        return self._inner.spec

    @property
    def accelerator(self) -> Accelerator:
        """Of the inner network."""
        return self._inner.accelerator

    @property
    def image(self) -> Pixels:
        """Of the inner network."""
        return self._inner.image

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        """The inner network's answer."""
        self.runs += 1
        return self._inner.run(image)

    def reset(self) -> None:
        """Forget recurrent state."""
        self._inner.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._inner.close()


class CountingOpener:
    """Opens networks as `open_runner` does, and counts the runs of all of them."""

    def __init__(self) -> None:
        self._opened: list[Counting] = []

    def __call__(self, spec: ModelSpec, accelerator: Accelerator, *, threads: int = 0) -> Counting:
        """Load and warm one network."""
        network = Counting(open_runner(spec, accelerator, threads=threads))
        self._opened.append(network)
        return network

    @property
    def runs(self) -> int:
        """Of all networks, since `forget`."""
        return sum(network.runs for network in self._opened)

    def forget(self) -> None:
        """Begin to count."""
        for network in self._opened:
            network.runs = 0
