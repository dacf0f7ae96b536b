"""The shipped network and refinement on the demo portrait, against its outline drawn by hand."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.app.build import build_plan
from livecut.bench.measures import boundary, overlap
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.sources.demo import DemoSource
from livecut.types import Frame, Size

OUTLINE = json.loads((Path(__file__).parents[1] / "data" / "portrait_outline.json").read_text(encoding="utf-8"))
SIZE = Size(1280, 720)
STARTS = range(0, 300, 30)
LEAD_IN = 3


def _outline(part: str, source: DemoSource, index: int) -> NDArray[np.bool_]:
    transform = source.transform(index)
    points = np.array(OUTLINE[part]) @ transform[:, :2].T + transform[:, 2]
    mask = np.zeros((SIZE.height, SIZE.width), np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 1, shift=4)
    return mask.astype(bool)


@pytest.mark.slow
def test_the_portrait_is_cut_along_its_outline_in_every_frame() -> None:
    settings = apply(Settings(), {"effect": {"name": "cutout"}})
    source = DemoSource(SIZE)
    plan = build_plan(settings, SIZE, Meter())
    canvas = plan.new_canvas()
    overlaps, boundaries, elsewhere, veils = [], [], [], []
    for start in STARTS:
        plan.reset()
        for index in range(start, start + LEAD_IN):
            plan.render(Frame(source.render(index), index, index * 33_333_333), canvas)
        assert canvas.alpha is not None
        woman = _outline("woman", source, index)
        helmet = _outline("helmet", source, index) & ~woman
        # The helmet is left out of the count: on both sides it gets the outline's own answer.
        alpha = canvas.alpha.astype(np.float32) / np.float32(255)
        alpha[helmet] = 0.0
        far = cv2.dilate((woman | helmet).astype(np.uint8), np.ones((41, 41), np.uint8)) == 0
        elsewhere.append(float((alpha[far] > 0.5).mean()))
        veils.append(float(alpha[far].mean()))
        overlaps.append(overlap(alpha, woman))
        boundaries.append(boundary(alpha, woman))
    plan.close()
    print(f"IoU {np.mean(overlaps):.4f} ({min(overlaps):.4f}), boundary F {np.mean(boundaries):.4f}")
    assert min(overlaps) >= 0.95
    assert min(boundaries) >= 0.8
    assert max(elsewhere) < 0.001, "the flag or the rocket is taken for her"
    assert max(veils) < 0.004, "the flag or the rocket shines through"
