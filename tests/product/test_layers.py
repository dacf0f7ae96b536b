"""Layers open no way out for the room: over and behind the person, on every kind of canvas, also when they fail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from support.fakes import ListSource
from support.markers import SIZE, RoomEstimator, code_is_readable, marker_pixels, paint_room

from livecut.app.build import build_plan
from livecut.app.card import paint_card
from livecut.pipeline.meter import Meter
from livecut.pipeline.pipeline import Pipeline
from livecut.pipeline.timing import Timing
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Picture

FRAMES = 120
_SAMPLES = {index: paint_room(index) for index in range(8)}


class _Eye:
    """Counts markers and readable codes, also under full transparency, where an editor would find them."""

    name = "eye"

    def __init__(self) -> None:
        self.seen = self.cards = self.markers = self.readable = 0

    def write(self, picture: Picture) -> None:
        self.seen += 1
        self.cards += picture.is_card
        bgr = picture.bgr
        self.markers += marker_pixels(bgr)
        self.readable += any(code_is_readable(bgr, index) for index in _SAMPLES)

    def close(self) -> None:
        pass


def _run(effect: str, layers: dict[str, object], *, once_built: Callable[[], object] = lambda: None) -> _Eye:
    settings = apply(Settings(), {"effect": {"name": effect, "green": {"colour": "#203040"}}, "layers": layers})
    plan = build_plan(settings, SIZE, Meter(), estimators=(RoomEstimator(),))
    once_built()
    eye = _Eye()
    pipeline = Pipeline(
        source=ListSource(FRAMES, SIZE, paint=lambda index, size: _SAMPLES[index % 8]),
        open_sinks=lambda: [eye],
        card=paint_card(settings.privacy, SIZE),
        timing=Timing(fps=30, max_age_ns=500_000_000, lossless=True),
        meter=Meter(),
    )
    pipeline.swap(plan)
    pipeline.run()
    return eye


@pytest.fixture
def layers(tmp_path: object) -> dict[str, object]:
    path = f"{tmp_path}/glass.png"
    Image.new("RGBA", (320, 180), (200, 200, 200, 90)).save(path)
    return {
        "image": {"path": path, "height": 1.0, "corner": "centre", "behind": True},
        "text": {"text": "HELLO\nTHERE", "height": 0.3, "behind": True, "plate": 0.0, "opacity": 0.5},
        "clock": {"show": True},
        "corner_radius_px": 60,
    }


@pytest.mark.parametrize("effect", ["green", "cutout"])
def test_layers_show_nothing_of_the_room(effect: str, layers: dict[str, object]) -> None:
    eye = _run(effect, layers)
    assert (eye.seen, eye.cards, eye.readable, eye.markers) == (FRAMES, 0, 0, 0)


@pytest.mark.parametrize("effect", ["green", "none"])
def test_a_layer_that_raises_shows_the_card(
    effect: str, layers: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: object, **options: object) -> None:
        raise MemoryError("no memory for a stamp")

    eye = _run(effect, layers, once_built=lambda: monkeypatch.setattr("livecut.layers.mark.lay", failing))
    assert (eye.seen, eye.cards, eye.readable, eye.markers) == (FRAMES, FRAMES, 0, 0)


def test_the_eye_sees_the_room_where_it_is() -> None:
    eye = _Eye()
    eye.write(Picture(np.ascontiguousarray(_SAMPLES[0]), None, 0, 0))
    assert eye.markers > 10_000 and eye.readable == 1
