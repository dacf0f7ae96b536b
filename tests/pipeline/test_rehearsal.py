"""The made-up scene has in it what effects treat apart."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.pipeline.rehearsal import made_up_scene
from livecut.types import Size


@pytest.mark.parametrize("size", [Size(1280, 720), Size(90, 160), Size(8, 8)], ids=str)
def test_there_is_room_person_and_an_edge_between_and_room_before_her(size: Size) -> None:
    scene = made_up_scene(size, 3, 5)
    assert scene.matte is not None and scene.depth is not None
    alpha, nearness = scene.matte.alpha, scene.depth.nearness
    assert scene.frame.size == size and alpha.shape == (size.height, size.width)
    assert {scene.frame.index, scene.matte.frame_index, scene.depth.frame_index} == {3}
    assert {scene.frame.captured_ns, scene.matte.captured_ns, scene.depth.captured_ns} == {5}
    assert alpha.max() == 255 and alpha.min() == 0 and ((alpha > 0) & (alpha < 255)).any()
    rows = np.linspace(0, nearness.shape[0] - 1, size.height).round().astype(int)
    columns = np.linspace(0, nearness.shape[1] - 1, size.width).round().astype(int)
    laid = nearness[np.ix_(rows, columns)]
    assert laid[alpha == 0].max() > np.median(laid[alpha == 255]) + 0.4
