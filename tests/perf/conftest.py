"""One frame of the demo with what the shipped network says about it, at the sizes that webcams have."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from support.perf_frame import NETWORK, Given

from livecut.app.build import build_plan
from livecut.kernels.cpu.tensor import Shrink
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.sources.demo import DemoSource
from livecut.types import Frame, Size


@pytest.fixture(scope="session", params=["1280x720", "1920x1080"])
def given(request: pytest.FixtureRequest) -> Given:
    """The frame at one size."""
    size = Size(*map(int, cast(str, request.param).split("x")))
    source = DemoSource(size)
    bgr = source.render(30)
    settings = apply(Settings(), {"effect": {"name": "bokeh"}, "device": "cpu"})
    plan = build_plan(settings, size, Meter())
    scene = plan.render(Frame(bgr, 0, 0), plan.new_canvas())
    assert scene.matte is not None
    assert scene.depth is not None
    small = np.empty((NETWORK.height, NETWORK.width, 3), np.uint8)
    Shrink(size, NETWORK)(bgr, small)
    alpha, nearness = scene.matte.alpha.copy(), scene.depth.nearness.copy()
    plan.close()
    matte = np.ascontiguousarray(alpha[:: size.height // 160, :: size.width // 288][:160, :288], np.float32) / 255
    return Given(
        size,
        bgr,
        source.render(29),
        small,
        np.ascontiguousarray(matte, np.float32),
        nearness,
        alpha,
        source.render(400)[:, ::-1].copy(),
        np.empty_like(bgr),
        np.empty_like(alpha),
        np.empty_like(matte),
    )
