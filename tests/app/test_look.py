"""The `look` tables reach the picture, and a still is taken as it is."""

from __future__ import annotations

import numpy as np
from support.markers import RoomEstimator

from livecut.app.build import build_plan
from livecut.app.still import Still
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import AnyPlan
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.types import Frame, Size

SIZE = Size(160, 90)


def _plan(look: Patch) -> AnyPlan:
    settings = apply(Settings(), {"effect": {"name": "none"}, "look": look})
    return build_plan(settings, SIZE, Meter(), estimators=(RoomEstimator(),), warm=False)


def _frame(index: int = 0) -> Frame:
    rng = np.random.default_rng(5)
    bgr = rng.integers(0, 60, (SIZE.height, SIZE.width, 3), np.uint8)
    return Frame(bgr, index, index * 33_333_333)


def test_by_default_the_picture_is_the_frame() -> None:
    plan, frame = _plan({}), _frame()
    canvas = plan.new_canvas()
    assert plan.render(frame, canvas).frame is frame
    np.testing.assert_array_equal(canvas.bgr, frame.bgr)


def test_a_fixed_zoom_shows_the_part_that_was_asked_for() -> None:
    plan = _plan({"zoom": 2.0, "centre_x": 0.0, "centre_y": 1.0})
    y, x = np.mgrid[0:90, 0:160]
    frame = Frame(np.dstack([x, y, x + y]).astype(np.uint8), 0, 0)
    canvas = plan.new_canvas()
    plan.render(frame, canvas)
    quarter = frame.bgr[45:, :80].astype(float)
    shrunk = canvas.bgr.reshape(45, 2, 80, 2, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - quarter).max() <= 1


def test_low_light_lifts_the_picture() -> None:
    plan, frame = _plan({"low_light": 1.0}), _frame()
    canvas = plan.new_canvas()
    plan.render(frame, canvas)
    assert canvas.bgr.mean() > frame.bgr.mean() + 30


def test_framing_follows_the_matte_and_starts_from_the_whole_picture() -> None:
    plan = _plan({"framing": {"follow": True, "max_zoom": 3.0, "ease_s": 0.2}})
    canvas = plan.new_canvas()
    first = plan.render(_frame(), canvas)
    assert first.matte is not None
    np.testing.assert_array_equal(canvas.bgr, _frame().bgr)
    for index in range(1, 10):
        plan.render(_frame(index), canvas)
    assert not np.array_equal(canvas.bgr, _frame().bgr)


def test_a_still_is_neither_zoomed_nor_lifted_nor_written_on() -> None:
    plain = Settings(device="cpu")
    dressed = apply(
        plain,
        {
            "look": {"zoom": 2.0, "low_light": 1.0, "framing": {"follow": True}},
            "layers": {"text": {"text": "HELLO"}, "clock": {"show": True}, "corner_radius_px": 90},
        },
    )
    results = []
    for settings in (plain, dressed):
        still = Still(settings)
        results.append(still.cutout(_frame().bgr))
        still.close()
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])
