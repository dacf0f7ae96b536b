"""The `layers` tables become layers, from the lowest to the highest; what is wrong in them is said by name."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from livecut.app.build import build_plan
from livecut.app.layers import build_layers
from livecut.errors import ImageError, SettingsError
from livecut.layers.clock import Clock
from livecut.layers.corners import RoundCorners
from livecut.layers.mark import Mark
from livecut.pipeline.meter import Meter
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.layers import LayersSettings
from livecut.settings.load import apply
from livecut.types import Canvas, Frame, Size

SIZE = Size(160, 90)
ADDRESS = "http://me:hunter2@host/x"


def _picture(path: Path) -> str:
    Image.new("RGBA", (40, 20), (255, 0, 0, 255)).save(path)
    return str(path)


def test_by_default_there_are_none() -> None:
    assert build_layers(LayersSettings(), SIZE) == ()


def test_what_stands_behind_is_lowest_and_corners_are_last(tmp_path: Path) -> None:
    settings = LayersSettings.model_validate(
        {
            "image": {"path": _picture(tmp_path / "logo.png")},
            "text": {"text": "Anna", "behind": True},
            "clock": {"show": True},
            "corner_radius_px": 20,
        }
    )
    text, image, clock, corners = build_layers(settings, SIZE)
    assert isinstance(text, Mark) and text.needs == {Need.MATTE}
    assert isinstance(image, Mark) and image.needs == frozenset()
    assert isinstance(clock, Clock) and isinstance(corners, RoundCorners)


def test_an_image_has_the_height_and_the_place_that_were_asked_for(tmp_path: Path) -> None:
    path = _picture(tmp_path / "logo.png")
    table = {"path": path, "height": 0.2, "corner": "bottom-right", "margin_px": 16, "opacity": 0.5}
    (layer,) = build_layers(LayersSettings.model_validate({"image": table}), SIZE)
    canvas = Canvas.empty(SIZE)
    canvas.bgr.fill(0)
    layer.render(canvas, None)
    painted = np.argwhere(canvas.bgr.any(axis=2))
    assert painted.min(axis=0).tolist() == [90 - 2 - 18, 160 - 2 - 36]
    assert painted.max(axis=0).tolist() == [87, 157]
    assert tuple(canvas.bgr[80, 140]) == (0, 0, 128)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"no-such.png: no such file$"):
        build_layers(LayersSettings.model_validate({"image": {"path": "no-such.png"}}), SIZE)
    font = tmp_path / "letters.ttf"
    font.write_text("no font")
    with pytest.raises(SettingsError, match=r"^layers.text.font: .*letters.ttf cannot be read as a font$"):
        build_layers(LayersSettings.model_validate({"text": {"text": "x", "font": str(font)}}), SIZE)


@pytest.mark.parametrize("corner", ["top-left", "bottom-right", "centre"])
@pytest.mark.parametrize(
    ("text", "height"), [("A name that is longer than the picture is wide", 0.2), ("a\nb\nc", 0.5), ("a\nb\nc", 1.0)]
)
def test_a_text_larger_than_the_picture_is_set_smaller(corner: str, text: str, height: float) -> None:
    table = {"text": text, "plate": 1.0, "corner": corner, "height": height}
    (layer,) = build_layers(LayersSettings.model_validate({"text": table}), SIZE)
    canvas = Canvas.empty(SIZE)
    canvas.bgr.fill(90)
    layer.render(canvas, None)
    plate = np.argwhere((canvas.bgr != 90).any(axis=2))
    (top, left), (bottom, right) = plate.min(axis=0), plate.max(axis=0)
    corners = canvas.bgr[[top, top, bottom, bottom], [left, right, left, right]]
    assert (corners == 90).all(), "the plate is round at all four: none is cut off"


def test_wrong_values_are_refused_as_settings() -> None:
    for table in ({"clock": {"format": ""}}, {"image": {"corner": "middle"}}, {"text": {"colour": "reddish"}}):
        with pytest.raises(SettingsError, match=r"^layers\."):
            apply(Settings(), {"layers": table})


def test_a_plan_without_a_network_gets_one_for_a_layer_behind_the_person() -> None:
    behind = {"text": {"text": "HELLO", "behind": True, "height": 0.5, "corner": "centre", "plate": 1.0}}
    settings = apply(Settings(), {"effect": {"name": "none"}, "layers": behind, "device": "cpu"})
    plan = build_plan(settings, SIZE, Meter(), warm=False)
    try:
        frame = Frame(np.full((90, 160, 3), 120, np.uint8), 0, 0)
        canvas = plan.new_canvas()
        scene = plan.render(frame, canvas)
        assert scene.matte is not None
        assert not np.array_equal(canvas.bgr, frame.bgr)
    finally:
        plan.close()


@pytest.mark.parametrize("table", [{"image": {"path": ADDRESS}}, {"text": {"text": "x", "font": ADDRESS}}])
def test_an_address_is_said_without_its_password(table: dict[str, Any]) -> None:
    with pytest.raises((ImageError, SettingsError), match=r"http://me:\.\.\.@host/x") as caught:
        build_layers(LayersSettings.model_validate(table), SIZE)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    with pytest.raises(ImageError, match="pipe cannot be read: it is a pipe, not a file"):
        build_layers(LayersSettings.model_validate({"image": {"path": pipe}}), SIZE)
    with pytest.raises(SettingsError, match="pipe cannot be read as a font"):
        build_layers(LayersSettings.model_validate({"text": {"text": "x", "font": pipe}}), SIZE)
