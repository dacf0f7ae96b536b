"""A network that shows what it was shown, for estimators to be held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from livecut.inference.accelerator import CPU, Accelerator
from livecut.inference.spec import ModelSpec
from livecut.protocols import Need
from livecut.types import Frame, Pixels, Plane


class EchoNetwork:
    """Alpha is blue, nearness is red, what is held blue or green; counts what is asked of it."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.accelerator: Accelerator = CPU
        self.image: Pixels = np.zeros((spec.input.height, spec.input.width, 3), np.uint8)
        self.planes: dict[Need, Plane] = {need: np.zeros(self.image.shape[:2], np.float32) for need in spec.gives}
        self.runs = self.resets = self.closes = 0

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        self.runs += 1
        assert image is self.image, "painted in place: no copy"
        for need, channel in ((Need.MATTE, 0), (Need.DEPTH, 2)):
            if need in self.planes:
                self.planes[need][...] = image[:, :, channel] / np.float32(255)
        if Need.HELD in self.planes:
            self.planes[Need.HELD][...] = image[:, :, :2].max(axis=2) / np.float32(255)
        return self.planes

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closes += 1


@pytest.fixture
def network() -> Callable[..., EchoNetwork]:
    """Makes an echoing network of 48x32 from a row's keys."""

    def make(task: str = "joint", **changes: Any) -> EchoNetwork:
        row: dict[str, Any] = {
            "name": "echo",
            "title": "Echo",
            "task": task,
            "file": "echo",
            "bytes": 1,
            "digest": "sha256:" + "0" * 64,
            "licence": "Apache-2.0",
            "shipped": True,
            "input": {
                "name": "x",
                "width": 48,
                "height": 32,
                "layout": "nhwc",
                "colour": "bgr",
                "dtype": "uint8",
            },
            **changes,
        }
        if task in ("matte", "joint"):
            row["matte"] = {"name": "a"}
        if task in ("depth", "joint"):
            row["depth"] = {"name": "b"}
        return EchoNetwork(ModelSpec.model_validate(row))

    return make


@pytest.fixture
def gradient() -> Callable[..., Frame]:
    """Makes a frame whose blue grows to the right and whose red grows downwards."""

    def make(width: int, height: int, index: int = 0) -> Frame:
        y, x = np.mgrid[0:height, 0:width]
        blue, red = 255 * (x + 0.5) / width, 255 * (y + 0.5) / height
        bgr = np.dstack([blue, np.zeros_like(blue), red]).round().astype(np.uint8)
        bgr.flags.writeable = False
        return Frame(bgr, index, 1000 + index)

    return make
