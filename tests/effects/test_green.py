"""`green`: a key colour that can be keyed out."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.effects.green import Green
from livecut.protocols import Effect
from livecut.settings.sections import GreenSettings
from livecut.types import Canvas, Scene, Size


@pytest.mark.parametrize(("colour", "bgr"), [("#00b140", [64, 177, 0]), ("blue", [255, 0, 0])])
def test_the_key_stands_exactly_where_nobody_is(scene: Scene, size: Size, colour: str, bgr: list[int]) -> None:
    effect = Green(size=size, **GreenSettings(colour=colour).model_dump())
    out = Canvas.empty(size)
    effect.render(scene, out)
    effect.close()
    assert scene.matte is not None
    assert (out.bgr[scene.matte.alpha == 0] == bgr).all()
    inside = scene.matte.alpha == 255
    assert np.array_equal(out.bgr[inside], scene.frame.bgr[inside])
    assert isinstance(effect, Effect)


def test_a_word_that_is_no_colour_is_refused(size: Size) -> None:
    with pytest.raises(ValueError, match=r"^'mauve' is no colour"):
        Green(size, "mauve")
