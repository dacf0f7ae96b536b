"""`cutout`: the person with alpha, and no room under it."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.effects.cutout import Cutout
from livecut.protocols import Effect
from livecut.settings.sections import CutoutSettings
from livecut.types import Canvas, Scene, Size


def test_alpha_is_the_matte_and_nothing_of_the_room_is_left(scene: Scene, size: Size) -> None:
    effect = Cutout(size=size, **CutoutSettings().model_dump())
    out = Canvas.empty(size, alpha=True)
    out.bgr[:] = 77
    effect.render(scene, out)
    effect.close()
    assert scene.matte is not None and out.alpha is not None
    alpha = scene.matte.alpha
    assert np.array_equal(out.alpha, alpha) and out.alpha is not alpha
    assert (out.bgr[alpha == 0] == 0).all()
    assert np.array_equal(out.bgr[alpha == 255], scene.frame.bgr[alpha == 255])
    assert isinstance(effect, Effect) and effect.has_alpha


def test_a_canvas_without_alpha_is_refused(scene: Scene, size: Size) -> None:
    with pytest.raises(ValueError, match=r"^a cutout needs a canvas with alpha$"):
        Cutout(size).render(scene, Canvas.empty(size))
    with pytest.raises(ValueError, match=r"^'mauve' is no colour"):
        Cutout(size, "mauve")
