"""`none` shows the frame as it is."""

from __future__ import annotations

import numpy as np

from livecut.effects.passthrough import Passthrough
from livecut.protocols import Effect
from livecut.types import Canvas, Scene, Size


def test_the_frame_is_copied_byte_for_byte(scene: Scene, size: Size) -> None:
    effect = Passthrough(size)
    out = Canvas.empty(size)
    effect.render(scene, out)
    effect.close()
    assert np.array_equal(out.bgr, scene.frame.bgr)
    assert out.bgr is not scene.frame.bgr
    assert isinstance(effect, Effect) and not effect.needs and not effect.has_alpha
