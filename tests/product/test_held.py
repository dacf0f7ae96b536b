"""From a network's file to the picture: what it says is held stays where that is asked for, live and in stills."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.graphs import joint_graph, spec_for

from livecut.app.build import build_plan
from livecut.app.still import Still
from livecut.inference import store
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Frame, Pixels, Plane8, Size

SIZE = Size(96, 64)
PERSON, THING, ELSEWHERE = np.s_[16:64, 32:56], np.s_[32:48, 56:72], np.s_[4:20, 76:92]


@pytest.fixture(autouse=True)
def _a_network_that_tells_what_is_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = spec_for(joint_graph(tmp_path / "small.onnx", held=True), held={"name": "held"})
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path))
    monkeypatch.setattr(store, "manifest", lambda: {"small": spec})


def _room() -> Pixels:
    """Somebody who holds a thing, and another thing: blue, green and near."""
    bgr = np.zeros((SIZE.height, SIZE.width, 3), np.uint8)
    bgr[PERSON] = 255, 0, 250
    bgr[THING] = 0, 255, 230
    bgr[ELSEWHERE] = 0, 255, 20
    return bgr


def _settings(keep: str) -> Settings:
    patch = {"model": {"name": "small"}, "matte": {"keep": keep}, "effect": {"name": "matte"}, "device": "cpu"}
    return apply(Settings(), patch)


def _live(settings: Settings) -> Plane8:
    plan = build_plan(settings, SIZE, Meter())
    canvas = plan.new_canvas()
    for index in range(40):  # what appears in a picture that rests takes its time
        scene = plan.render(Frame(_room(), index, index * 33_333_333), canvas)
    plan.close()
    assert scene.matte is not None
    return scene.matte.alpha.copy()


def _still(settings: Settings) -> Plane8:
    still = Still(settings)
    alpha = still.matte(_room())
    still.close()
    return alpha


@pytest.mark.parametrize("look", [_live, _still])
@pytest.mark.parametrize(("keep", "stays"), [("person", False), ("person+held", True), ("near", True)])
def test_what_is_held_stays_where_it_is_asked_for(look: object, keep: str, stays: bool) -> None:
    alpha = look(_settings(keep))  # type: ignore[operator]
    assert alpha[24:60, 36:52].min() > 240
    assert alpha[36:44, 60:68].min() > 240 if stays else alpha[36:44, 62:68].max() < 15
    assert alpha[6:18, 78:90].max() < 15
