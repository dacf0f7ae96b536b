"""What an effect finds in a scene."""

from __future__ import annotations

import pytest

from livecut.effects.needed import matte_of
from livecut.types import Scene


def test_the_matte_is_handed_out_and_its_lack_is_an_error(scene: Scene) -> None:
    assert matte_of(scene) is scene.matte
    with pytest.raises(ValueError, match=r"^frame 5 has no matte$"):
        matte_of(Scene(scene.frame))
