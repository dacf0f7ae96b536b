"""The blur against OpenCV's, at every size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livecut.kernels.cpu.calm import DEVIATION, Calm
from livecut.types import Size


@pytest.mark.parametrize("size", [Size(1, 1), Size(2, 1), Size(1, 3), Size(2, 2), Size(3, 5), Size(37, 21)])
def test_it_is_opencvs(size: Size) -> None:
    rng = np.random.default_rng(size.width)
    for most in (2, 256):
        bgr = (rng.integers(0, most, (size.height, size.width, 3)) * (255 // (most - 1))).astype(np.uint8)
        out = np.empty_like(bgr)
        Calm(size)(bgr, out)
        wanted = cv2.GaussianBlur(bgr, (0, 0), DEVIATION)
        assert np.abs(out.astype(int) - wanted).max() <= 1  # another release of OpenCV may round otherwise


def test_a_flat_picture_stays_what_it_is() -> None:
    for level in (0, 1, 127, 254, 255):
        bgr = np.full((7, 11, 3), level, np.uint8)
        out = np.empty_like(bgr)
        Calm(Size(11, 7))(bgr, out)
        assert (out == level).all()


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^bgr must"):
        Calm(Size(4, 3))(np.zeros((4, 3, 3), np.uint8), np.zeros((3, 4, 3), np.uint8))
