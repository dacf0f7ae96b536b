"""Runs in a process of its own for test_warm.py: which kernels a plan still has to compile when it is warm.

Prints a line of JSON: what was asked for, and what was compiled or read from the cache too late.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Mapping

import numpy as np
from numba.core.registry import CPUDispatcher

from livecut.app.build import build_plan
from livecut.inference.accelerator import CPU, Accelerator
from livecut.inference.spec import ModelSpec
from livecut.kernels import cpu
from livecut.pipeline.meter import Meter
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Frame, Pixels, Plane, Size

SIZE = Size(320, 180)
SECOND_NS = 10**9


class Actor:
    """In place of a network: first nobody, then somebody who moves, holds something and comes near."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.accelerator: Accelerator = CPU
        width, height = spec.input.size
        self.image: Pixels = np.zeros((height, width, 3), np.uint8)
        self._look = 0

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        """The next of the scenes, however a plan is warmed."""
        height, width = self.image.shape[:2]
        grid = np.linspace(0.0, 0.4, height, dtype=np.float32)[:, np.newaxis].repeat(width, axis=1)
        matte, held = np.zeros((2, height, width), np.float32)
        # A plan that is being warmed sees an empty, evenly grey picture.
        here = image.std() > 1.0
        if here:
            left = width // 4 + 2 * (self._look % 8)
            matte[height // 4 :, left : left + width // 4] = 1.0
            held[height // 3 : height // 2, left + width // 4 : left + width // 3] = 1.0
            grid[:, : width // 8] = 1.0
            self._look += 1
        nearness = np.maximum(grid, 0.7 * np.maximum(matte, held))
        return {Need.MATTE: matte, Need.DEPTH: nearness, Need.HELD: np.maximum(matte, held) if here else held}

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to release."""


def counts() -> dict[str, int]:
    """How many kinds of arguments each kernel has been compiled for."""
    return {
        f"{kernel.py_func.__module__}.{kernel.py_func.__name__}": len(kernel.overloads)
        for name, module in list(sys.modules.items())
        if name.startswith("livecut.")
        for kernel in vars(module).values()
        if isinstance(kernel, CPUDispatcher)
    }


def late(settings: Settings) -> list[str]:
    """Kernels that are compiled while the pictures of a warm plan are painted."""
    plan = build_plan(settings, SIZE, Meter(), source=SIZE, open_network=lambda spec, *_, **__: Actor(spec))
    try:
        before, canvas, rng = counts(), plan.new_canvas(), np.random.default_rng(5)
        room = rng.integers(0, 256, (2, SIZE.height, SIZE.width, 3), np.uint8)
        for index in range(12):  # with a cut in the middle
            picture = np.ascontiguousarray(np.roll(room[index // 6], index, axis=1))
            plan.render(Frame(picture, index, SECOND_NS + index * 33_333_333), canvas)
        return sorted(name for name, count in counts().items() if count > before.get(name, 0))
    finally:
        plan.close()


if __name__ == "__main__":
    for module in pkgutil.iter_modules(cpu.__path__):
        importlib.import_module(f"{cpu.__name__}.{module.name}")
    patch = json.loads(sys.argv[1])
    print(json.dumps({"patch": patch, "late": late(apply(Settings(), {**patch, "device": "cpu"}))}))
