"""`blur`: the person sharp, the room gone."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.effects.blur import Blur
from livecut.protocols import Effect, Need
from livecut.settings.sections import BlurSettings
from livecut.types import Canvas, Scene, Size


def test_the_person_is_sharp_and_the_room_is_even(scene: Scene, size: Size) -> None:
    effect = Blur(size=size, **BlurSettings(radius_px=60.0).model_dump())
    out = Canvas.empty(size)
    effect.render(scene, out)
    assert scene.matte is not None
    inside, outside = scene.matte.alpha == 255, scene.matte.alpha == 0
    assert np.array_equal(out.bgr[inside], scene.frame.bgr[inside])
    assert out.bgr[outside].std(axis=0).max() < 12
    assert scene.frame.bgr[outside].std(axis=0).min() > 100


def test_without_a_matte_nothing_is_painted(scene: Scene, size: Size) -> None:
    with pytest.raises(ValueError, match=r"^frame 5 has no matte$"):
        Blur(size).render(Scene(scene.frame), Canvas.empty(size))


def test_it_names_what_it_needs(size: Size) -> None:
    effect = Blur(size)
    assert isinstance(effect, Effect)
    assert effect.needs == {Need.MATTE} and not effect.has_alpha


def test_the_background_can_be_dimmed_and_drained_of_colour(scene: Scene, size: Size) -> None:
    plain, shaded = Canvas.empty(size), Canvas.empty(size)
    Blur(size=size).render(scene, plain)
    Blur(size=size, **BlurSettings(dim=0.5, saturation=0.0).model_dump()).render(scene, shaded)
    assert scene.matte is not None
    room = scene.matte.alpha == 0
    assert np.ptp(shaded.bgr[room], axis=1).max() <= 1
    assert abs(shaded.bgr[room].mean() - 0.5 * plain.bgr[room].mean()) < 12
