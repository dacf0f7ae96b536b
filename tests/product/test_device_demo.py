"""The whole way of a GPU's plan with the shipped network, on the demo portrait as it moves, beside the CPU's plan.

The device is the typed stand-in (`support.typed_device`); the network's answers come from the CPU.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnxruntime
import pytest

if os.environ.get("LIVECUT_TEST_TYPED") != "1":
    pytest.skip("of the typed stand-in: tests/kernels/cuda/test_in_simulator.py", allow_module_level=True)

from livecut.app.build import chosen_networks, cpu_plan
from livecut.app.resident import resident_plan
from livecut.inference.accelerator import Accelerator
from livecut.inference.resident import RawPlane
from livecut.inference.spec import ModelSpec
from livecut.inference.store import locate
from livecut.kernels.cuda.device import Device
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import AnyPlan
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.sources.demo import DemoSource
from livecut.types import Canvas, Frame, Size

SIZE = Size(480, 270)
CUDA = Accelerator("cuda")


class _Network:
    """The network of a row, its input and answers in the device's memory."""

    how = "stand-in"

    def __init__(self, spec: ModelSpec) -> None:
        self.spec, self.device, given = spec, Device(), spec.input
        self.image: Any = self.device.zeros_bytes(3 * given.width * given.height)
        self.tensor = self.image
        self._session = onnxruntime.InferenceSession(str(locate(spec)), providers=["CPUExecutionProvider"])
        strides = (given.width * given.height, given.width, 1)
        self.planes = {
            need: RawPlane(self.device.zeros(given.width * given.height), 1, strides, output)
            for need, output in ((Need.MATTE, spec.matte), (Need.DEPTH, spec.depth))
            if output is not None
        }

    def run(self) -> None:
        given = self.spec.input
        image = np.asarray(self.image.copy_to_host()).reshape(1, given.height, given.width, 3)
        names = [plane.output.name for plane in self.planes.values()]
        answers = self._session.run(names, {given.name: image})
        for plane, answer in zip(self.planes.values(), answers, strict=True):
            plane.memory.copy_to_device(answer.reshape(-1))

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


class _Pool:
    def take(self, spec: ModelSpec, *_: Any, **__: Any) -> _Network:
        return _Network(spec)


def _plans(patch: Patch) -> tuple[AnyPlan, AnyPlan]:
    settings = apply(apply(Settings(), {"device": "cpu"}), patch)
    pool: Any = _Pool()
    theirs = resident_plan(settings, SIZE, Meter(), CUDA, chosen_networks, pool=pool)
    assert theirs is not None
    return theirs, cpu_plan(settings, SIZE, Meter())


def _pictures(patch: Patch, count: int) -> Iterator[tuple[Canvas, Canvas]]:
    plans, source = _plans(patch), DemoSource(SIZE, 30.0)
    canvases = [plan.new_canvas() for plan in plans]
    for _ in range(count):
        frame = source.read()
        assert isinstance(frame, Frame)
        for plan, canvas in zip(plans, canvases, strict=True):
            plan.render(frame, canvas)
        yield canvases[0], canvases[1]
    for plan in plans:
        plan.close()


def _apart(one: Canvas, other: Canvas) -> Any:
    """Levels between two pictures; colours count as far as they show."""
    if one.alpha is None or other.alpha is None:
        return np.abs(one.bgr.astype(int) - other.bgr)
    alphas = [canvas.alpha[..., np.newaxis].astype(int) for canvas in (one, other) if canvas.alpha is not None]
    shown = [canvas.bgr * alpha / 255.0 for canvas, alpha in zip((one, other), alphas, strict=True)]
    return np.maximum(np.abs(alphas[0] - alphas[1]), np.abs(shown[0] - shown[1]))


EFFECTS: list[Patch] = [
    {"effect": {"name": "blur"}},
    {"effect": {"name": "blur", "blur": {"dim": 0.3, "saturation": 0.4}}, "matte": {"refine": "guided-half"}},
    {"effect": {"name": "bokeh"}},
    {"effect": {"name": "bokeh", "bokeh": {"focus": "follow", "blades": 6, "quality": "draft"}}},
    {"effect": {"name": "replace", "replace": {"background": "#305070"}}},
    {"effect": {"name": "green"}, "output": {"mirror": True}, "look": {"zoom": 1.4}},
    {"effect": {"name": "cutout"}, "matte": {"specks": 0.0}},
    {"effect": {"name": "matte"}, "matte": {"refine": "bilinear"}},
]


@pytest.mark.parametrize("patch", EFFECTS, ids=str)
def test_without_memory_no_pixel_is_more_than_levels_apart(patch: Patch) -> None:
    matte: Any = patch.get("matte", {})
    still = {**patch, "matte": {**matte, "smooth": 0.0}}
    # Where the picture was enlarged, a level apart in what it sees lets the network answer a little otherwise.
    most = 8 if "look" in patch else 2
    for one, other in _pictures(still, 3):
        assert _apart(one, other).max() <= most


@pytest.mark.parametrize("patch", EFFECTS, ids=str)
def test_with_it_they_differ_at_the_edge_alone(patch: Patch) -> None:
    """The motion is another's: OpenCV's on the CPU, our own on the device."""
    for one, other in _pictures(patch, 10):
        apart = _apart(one, other)
        assert apart.mean() < 0.2
        assert (apart.max(axis=2) > 8).mean() < 0.01
