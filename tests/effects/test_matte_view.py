"""`matte`: the alpha shown, the room not."""

from __future__ import annotations

import numpy as np

from livecut.effects.matte_view import MatteView
from livecut.protocols import Effect
from livecut.settings.sections import MatteViewSettings
from livecut.types import Canvas, Scene, Size


def test_grey_is_the_alpha_itself(scene: Scene, size: Size) -> None:
    effect = MatteView(size=size, **MatteViewSettings().model_dump())
    out = Canvas.empty(size)
    effect.render(scene, out)
    effect.close()
    assert scene.matte is not None
    assert np.array_equal(out.bgr, np.repeat(scene.matte.alpha[..., None], 3, axis=2))
    assert isinstance(effect, Effect)


def test_tint_shows_the_person_and_hides_the_room(scene: Scene, size: Size) -> None:
    effect = MatteView(size=size, **MatteViewSettings(over="tint").model_dump())
    out = Canvas.empty(size)
    effect.render(scene, out)
    assert scene.matte is not None
    inside, outside = scene.matte.alpha == 255, scene.matte.alpha == 0
    assert np.array_equal(out.bgr[inside], scene.frame.bgr[inside])
    assert out.bgr[outside].std(axis=0).max() < 8
    assert not (out.bgr[outside] == scene.frame.bgr[outside]).all(axis=1).any()
