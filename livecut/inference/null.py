"""The network that is none: an ellipse for the person and a ramp for depth, for tests, benches and fault finding."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from livecut.inference.accelerator import CPU, Accelerator
from livecut.inference.spec import DepthOutput, InputSpec, MatteOutput, ModelSpec
from livecut.protocols import Need
from livecut.types import Pixels, Plane

__all__ = ["NULL", "NullRunner"]

NULL = ModelSpec(
    name="null",
    title="No network: an ellipse for the person, a ramp for depth",
    task="joint",
    file="null",
    bytes=1,
    digest=f"sha256:{'0' * 64}",
    licence="Apache-2.0",
    shipped=True,
    input=InputSpec(name="image", width=288, height=160, layout="nhwc", colour="bgr", dtype="uint8"),
    matte=MatteOutput(name="matte"),
    depth=DepthOutput(name="depth"),
    fit="stretch",
)


class NullRunner:
    """Answers the same planes whatever it is shown; stands wherever a `Runner` does."""

    def __init__(self, spec: ModelSpec = NULL) -> None:
        self.spec = spec
        self.accelerator: Accelerator = CPU
        width, height = spec.input.size
        self.image: Pixels = np.zeros((height, width, 3), np.uint8)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        reach = np.hypot((x + 0.5 - width / 2) / (width * 0.22), (y + 0.5 - height * 0.6) / (height * 0.45))
        planes: dict[Need, Plane] = {}
        if spec.matte is not None:
            planes[Need.MATTE] = np.clip((1.1 - reach) / 0.2, 0.0, 1.0).astype(np.float32)
        if spec.held is not None:
            planes[Need.HELD] = planes[Need.MATTE].copy()
        if spec.depth is not None:
            planes[Need.DEPTH] = ((y + 0.5) / height).astype(np.float32)
        self._planes = planes

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        """The planes, whatever `image` shows."""
        return self._planes

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to release."""
