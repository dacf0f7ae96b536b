"""From a network's row to the estimator that runs it: a model is a row, not a class."""

from __future__ import annotations

from livecut.estimators.depth import DepthNetwork
from livecut.estimators.joint import Joint
from livecut.estimators.recurrent import Recurrent
from livecut.estimators.segmenter import Segmenter
from livecut.estimators.watched import MotionWatch
from livecut.inference.runner import Network
from livecut.protocols import Estimator, Need
from livecut.types import Size

__all__ = ["estimator_of"]


def estimator_of(
    network: Network, size: Size, wanted: frozenset[Need] | None = None, watch: MotionWatch | None = None
) -> Estimator:
    """The estimator for frames of `size` that gives what is `wanted` (default: all the network gives).

    `watch` is begun with each frame where the network sees all of it at once. Raises `ValueError` when the network
    cannot give it.
    """
    wanted = network.spec.gives if wanted is None else wanted
    if not wanted or not wanted <= network.spec.gives:
        raise ValueError(f"{network.spec.name} does not give {', '.join(sorted(need.value for need in wanted))}")
    held = Need.HELD in wanted
    if network.spec.states:
        return Recurrent(network, size, held=held)
    if wanted >= {Need.MATTE, Need.DEPTH}:
        return Joint(network, size, watch, held=held)
    return Segmenter(network, size, watch, held=held) if Need.MATTE in wanted else DepthNetwork(network, size, watch)
