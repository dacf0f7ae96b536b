from __future__ import annotations

import numpy as np
from support.red_cutter import RedCutter

from livecut.server.cutter import Cutter


def test_red_is_a_person_and_the_bottom_is_near() -> None:
    bgr = np.array([[(0, 0, 255), (255, 255, 255)], [(0, 200, 255), (60, 90, 130)]], np.uint8)
    cutter = RedCutter()
    assert isinstance(cutter, Cutter)
    assert cutter.matte(bgr).tolist() == [[255, 0], [110, 80]]
    nearness, alpha = cutter.portrait_depth(bgr)
    assert nearness.tolist() == [[0, 0], [255, 255]]
    assert alpha.dtype == nearness.dtype == np.uint8
    assert cutter.calls == 2
    cutter.close()
