"""Keeps loaded networks between plans: what one gives back, the next one takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from livecut.inference.accelerator import Accelerator
from livecut.inference.runner import Network, open_runner
from livecut.inference.spec import ModelSpec
from livecut.protocols import Need
from livecut.types import Pixels, Plane

__all__ = ["NetworkPool"]

_Key: TypeAlias = tuple[str, frozenset[Need], str, bool, int]

_IDLE: Final = 2
"""Networks kept without a user: the running plan's twin, and one of the rung before."""


class NetworkPool:
    """Lends networks to one user each; closing a lent network gives it back. Safe to use from several threads.

    Changing plans then costs no loading and, on a GPU, no search for algorithms. A network that failed is not kept.
    """

    def __init__(self, open_network: Callable[..., Network] = open_runner) -> None:
        self._open = open_network
        self._lock = threading.Lock()
        self._idle: list[tuple[_Key, Network]] = []
        self._closed = False

    def take(self, spec: ModelSpec, accelerator: Accelerator, *, threads: int = 0) -> Network:
        """A network nobody else uses, loaded if none is idle; whoever took it closes it. Raises as `open_runner`."""
        key = (spec.name, spec.gives, accelerator.device, accelerator.required, threads)
        network = self._idle_one(key)
        if network is None:
            network = self._open(spec, accelerator, threads=threads)
        return _Lent(network, lambda sound: self._take_back(key, network, sound))

    def close(self) -> None:
        """Release what is idle; what is lent is released when it comes back. Idempotent."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closed = True
        for _, network in idle:
            network.close()

    def _idle_one(self, key: _Key) -> Network | None:
        with self._lock:
            for at, (other, network) in enumerate(self._idle):
                if other == key:
                    del self._idle[at]
                    return network
        return None

    def _take_back(self, key: _Key, network: Network, sound: bool) -> None:
        superfluous = [network]
        if sound:
            network.reset()
            with self._lock:
                if not self._closed:
                    self._idle.append((key, network))
                    superfluous = [old for _, old in self._idle[:-_IDLE]]
                    del self._idle[:-_IDLE]
        for old in superfluous:
            old.close()


class _Lent:
    """A network until it is closed, which gives it back."""

    def __init__(self, network: Network, give_back: Callable[[bool], None]) -> None:
        self._network: Network | None = network
        self._give_back = give_back
        self._sound = True
        self.spec = network.spec
        self.accelerator = network.accelerator
        self.image: Pixels = network.image

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        """As of the network itself."""
        if self._network is None:
            raise ValueError("the network was given back")
        try:
            return self._network.run(image)
        except BaseException:
            self._sound = False
            raise

    def reset(self) -> None:
        """As of the network itself."""
        if self._network is not None:
            self._network.reset()

    def close(self) -> None:
        """Give it back. Idempotent."""
        network, self._network = self._network, None
        if network is not None:
            self._give_back(self._sound)
