"""A network of the manifest as it is measured: fed as its row says, its answers brought to the picture's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from livecut.bench.measures import Map
from livecut.errors import ModelError
from livecut.estimators.network import estimator_of
from livecut.estimators.shaped import Shaped
from livecut.estimators.smoothed import Smoothed
from livecut.inference.accelerator import choose
from livecut.inference.runner import open_runner
from livecut.inference.spec import ModelSpec
from livecut.inference.store import find, shapes_of, verify
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.types import Estimate, Frame, Pixels, Plane, Size

__all__ = ["Answer", "Contender", "contenders", "reference_of"]

_FRAME_NS = 33_333_333


@dataclass(frozen=True, slots=True)
class Answer:
    """Maps of the picture's size, in memory of their own."""

    matte: Map | None
    calm: Map | None
    """The matte smoothed over time as livecut does it by default; the matte itself on the first frame."""
    depth: Map | None


class Contender:
    """One network. `forget` before each picture that does not follow the one before."""

    def __init__(self, spec: ModelSpec, device: str = "auto", threads: int = 0) -> None:
        settings = Settings.model_validate({"device": device})
        specs = [one.without_held() for one in shapes_of(spec)]
        networks = [open_runner(one, choose(settings.device), threads=threads) for one in specs]
        self.spec = spec
        self.provider = networks[0].accelerator.provider
        inner = [(one.spec.input.size, estimator_of(one, one.spec.input.size)) for one in networks]
        self._estimator = inner[0][1] if len(inner) == 1 else Shaped(inner)
        self._held = _Held(self._estimator.gives)
        self._calm = Smoothed(self._held, settings.matte.smooth)
        self._index = 0

    @property
    def name(self) -> str:
        """Of its row."""
        return self.spec.name

    def answer(self, bgr: Pixels) -> Answer:
        """What it says about one picture."""
        size = Size(bgr.shape[1], bgr.shape[0])
        frame = Frame(bgr, self._index, self._index * _FRAME_NS)
        self._index += 1
        estimate = self._estimator.estimate(frame)
        matte = _enlarged(estimate.matte.alpha, size) if estimate.matte is not None else None
        depth = _enlarged(estimate.depth.nearness, size) if estimate.depth is not None else None
        self._held.estimate_now = estimate
        calm = self._calm.estimate(frame).matte
        return Answer(matte, None if calm is None else _enlarged(calm.alpha, size), depth)

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self._estimator.reset()
        self._calm.reset()

    def close(self) -> None:
        """Release the network."""
        self._estimator.close()


class _Held:
    """An estimator that says again what another one has just said: smoothing costs no second inference."""

    plane_size: Size | None = None

    def __init__(self, gives: frozenset[Need]) -> None:
        self.gives = gives
        self.estimate_now = Estimate()

    def estimate(self, frame: Frame) -> Estimate:
        return self.estimate_now

    def reset(self) -> None:
        self.estimate_now = Estimate()

    def close(self) -> None:
        pass


def _enlarged(plane: Plane, size: Size) -> Map:
    if plane.shape == (size.height, size.width):
        return plane.copy()
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.float32)


def contenders(names: Sequence[str], device: str = "auto") -> list[Contender]:
    """The networks of these names, each once; raises `ModelError` for one that is unknown or not here."""
    return [Contender(find(name), device) for name in dict.fromkeys(names)]


def reference_of(name: str | None, default: str, device: str = "auto") -> Contender | None:
    """The network that depth is held against; None where none was asked for and the default one is not here.

    Raises `ModelError` when `name` is unknown, not here, or gives no depth.
    """
    spec = find(name or default)
    if Need.DEPTH not in spec.gives:
        raise ModelError(f"{spec.name} gives no depth", hint="--depth-reference tcmonodepth-small")
    if name is None and verify(spec):
        return None
    return Contender(spec, device)
