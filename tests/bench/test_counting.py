"""Runs of networks are counted, frames that do without are not."""

from __future__ import annotations

import pytest

from livecut.app.build import build_plan
from livecut.bench.counting import CountingOpener
from livecut.inference.accelerator import CPU
from livecut.inference.null import NULL
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Canvas, Frame, Size

SIZE = Size(64, 36)


@pytest.mark.parametrize(("stride", "expected"), [(1, 12), (2, 6), (3, 4), (5, 3)])
def test_what_a_stride_saves_is_not_counted(stride: int, expected: int) -> None:
    opener = CountingOpener()
    patch = {"model": {"name": "null"}, "matte": {"stride": stride}, "device": "cpu", "effect": {"name": "bokeh"}}
    plan = build_plan(apply(Settings(), patch), SIZE, Meter(), open_network=opener)
    opener.forget()
    canvas, bgr = plan.new_canvas(), Canvas.empty(SIZE).bgr
    for index in range(12):
        plan.render(Frame(bgr, index, index), canvas)
    assert opener.runs == expected
    assert plan.label == "null on CPU"
    plan.close()


def test_it_stands_in_for_the_network_itself() -> None:
    opener = CountingOpener()
    network = opener(NULL, CPU)
    assert (network.spec, network.accelerator) == (NULL, CPU)
    assert network.image.shape == (160, 288, 3)
    assert set(network.run(network.image)) == NULL.gives
    network.reset()
    network.close()
    assert opener.runs == 1
