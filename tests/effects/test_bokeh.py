"""`bokeh`: the person sharp, the room out of focus, the more the farther."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from support.markers import PERSON, SIZE, code_is_readable, fine_detail, paint_room

from livecut.effects.bokeh import Bokeh
from livecut.protocols import Effect, Need
from livecut.settings.sections import BokehSettings
from livecut.types import Canvas, DepthMap, Frame, Matte, Scene, Size


def test_its_defaults_are_those_of_the_settings(scene: Scene, size: Size) -> None:
    plain, configured = Canvas.empty(size), Canvas.empty(size)
    Bokeh(size).render(scene, plain)
    Bokeh(size=size, **BokehSettings().model_dump()).render(scene, configured)
    assert np.array_equal(plain.bgr, configured.bgr)


def test_the_person_is_sharp_and_the_room_is_not(scene: Scene, size: Size) -> None:
    out = Canvas.empty(size)
    Bokeh(size, aperture=2.0).render(scene, out)
    assert scene.matte is not None
    inside, outside = scene.matte.alpha == 255, scene.matte.alpha == 0
    assert np.array_equal(out.bgr[inside], scene.frame.bgr[inside])
    assert out.bgr[outside].std(axis=0).mean() < 0.35 * scene.frame.bgr[outside].std(axis=0).mean()


@pytest.mark.parametrize("quality", ["full", "draft"])
def test_the_room_cannot_be_read_wherever_depth_says_it_is(quality: Literal["full", "draft"]) -> None:
    """Also with the room as near as the person: the least blur sees to that."""
    effect, out = Bokeh(SIZE, quality=quality), Canvas.empty(SIZE)
    alpha = PERSON.astype(np.uint8) * np.uint8(255)
    for index, room in enumerate((0.0, 0.3, 0.6, 0.8, 0.95, 1.0) * 2):
        frame = paint_room(index)
        nearness = np.where(PERSON[::2, ::2], 0.95, room).astype(np.float32)
        effect.render(Scene(Frame(frame, index, 0), Matte(alpha, index, 0), DepthMap(nearness, index, 0)), out)
        assert code_is_readable(frame, index)
        assert not code_is_readable(out.bgr, index)
        assert fine_detail(out.bgr) < 0.25 * fine_detail(frame)


def _at(second: float, person: float) -> Scene:
    frame = paint_room(0)
    alpha = PERSON.astype(np.uint8) * np.uint8(255)
    nearness = np.where(PERSON[::2, ::2], person, 0.1).astype(np.float32)
    ns = round(second * 1e9)
    return Scene(Frame(frame, 0, ns), Matte(alpha, 0, ns), DepthMap(nearness, 0, ns))


@pytest.mark.parametrize(("cut", "index"), [(False, 0), (True, 0), (True, 7)])
def test_after_a_cut_the_focus_is_there_at_once(cut: bool, index: int) -> None:
    out, options = Canvas.empty(SIZE), {"aperture": 4.0, "max_radius_px": 128.0, "least_blur": 0.0}
    effect, fresh = Bokeh(SIZE, **options), Bokeh(SIZE, **options)  # type: ignore[arg-type]
    effect.render(_at(0.0, 0.9), out)
    later = _at(1 / 30, 0.75)
    assert later.depth is not None
    # With a stride an answer is shown for several frames; the focus starts afresh at its own alone.
    depth = replace(later.depth, is_new_shot=cut, frame_index=index)
    effect.render(replace(later, depth=depth), out)
    fresh.render(later, out)
    assert np.array_equal(effect.radius_px, fresh.radius_px) is (cut and index == 0)


def test_a_plan_that_is_swapped_pulls_the_focus_over() -> None:
    out, aim = Canvas.empty(SIZE), Canvas.empty(SIZE)
    options = {"focus": "distance", "focus_distance": 0.95, "depth_of_field": 0.0, "aperture": 2.0}
    Bokeh(SIZE, **(options | {"focus_distance": 0.4})).render(_at(0.0, 0.95), aim)  # type: ignore[arg-type]
    first = Bokeh(SIZE, **options)  # type: ignore[arg-type]
    first.render(_at(0.0, 0.95), out)
    assert np.array_equal(out.bgr[PERSON], _at(0.0, 0.95).frame.bgr[PERSON])
    second = Bokeh(SIZE, **(options | {"focus_distance": 0.4, "focus_pull_s": 1.0}))  # type: ignore[arg-type]
    second.go_on_from(first)
    left = []
    for second_s in (1 / 30, 0.3, 1.0, 2.0):
        second.render(_at(second_s, 0.95), out)
        left.append(float(np.abs(out.bgr.astype(int) - aim.bgr)[PERSON].mean()))
    assert left[0] > left[1] > left[2] >= left[3]
    assert left[3] < 0.5
    second.reset()
    second.render(_at(0.0, 0.95), out)
    assert np.array_equal(out.bgr, aim.bgr), "after a reset it is there at once, also where the clock went back"


@pytest.mark.parametrize("blades", [4, 5, 6, 7, 8])
def test_the_room_cannot_be_read_through_any_blades(blades: int) -> None:
    out = Canvas.empty(SIZE)
    disc = Canvas.empty(SIZE)
    Bokeh(SIZE).render(_at(0.0, 0.95), disc)
    for turned in (0.0, 20.0, 45.0):
        Bokeh(SIZE, blades=blades, blades_turned_deg=turned, aperture=0.05).render(_at(0.0, 0.95), out)
        assert not code_is_readable(out.bgr, 0)
        assert fine_detail(out.bgr) < 0.25 * fine_detail(paint_room(0))
    Bokeh(SIZE, blades=blades).render(_at(0.0, 0.95), out)
    assert np.array_equal(out.bgr, disc.bgr) == (blades < 5), "fewer than five are no polygon"


def test_a_draft_is_nearly_the_same_picture(scene: Scene, size: Size) -> None:
    full, draft = Canvas.empty(size), Canvas.empty(size)
    Bokeh(size, aperture=4.0, max_radius_px=128.0).render(scene, full)
    Bokeh(size, aperture=4.0, max_radius_px=128.0, quality="draft").render(scene, draft)
    difference = np.abs(full.bgr.astype(int) - draft.bgr)
    assert 0 < difference.mean() < 4


def test_without_a_matte_or_depth_nothing_is_painted(scene: Scene, size: Size) -> None:
    effect = Bokeh(size)
    with pytest.raises(ValueError, match=r"^frame 5 has no matte$"):
        effect.render(Scene(scene.frame, None, scene.depth), Canvas.empty(size))
    with pytest.raises(ValueError, match=r"^frame 5 has no depth$"):
        effect.render(Scene(scene.frame, scene.matte), Canvas.empty(size))


def test_it_names_what_it_needs(size: Size) -> None:
    effect = Bokeh(size)
    assert isinstance(effect, Effect)
    assert effect.needs == {Need.MATTE, Need.DEPTH} and not effect.has_alpha
    effect.close()
    effect.close()
