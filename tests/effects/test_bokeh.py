"""`bokeh`: the person sharp, the room out of focus, the more the farther."""

from __future__ import annotations

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
