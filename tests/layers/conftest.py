"""A canvas with a person on it, and a stamp that is one colour."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.stamp import Stamp, make_stamp
from livecut.types import Canvas, Matte, Size


@pytest.fixture
def size() -> Size:
    """Odd on purpose."""
    return Size(161, 91)


@pytest.fixture
def canvas(size: Size) -> Canvas:
    """Grey all over, opaque."""
    canvas = Canvas.empty(size)
    canvas.bgr.fill(90)
    return canvas


@pytest.fixture
def matte(size: Size) -> Matte:
    """The right half is person."""
    alpha = np.zeros((size.height, size.width), np.uint8)
    alpha[:, size.width // 2 :] = 255
    return Matte(alpha, 0, 0)


@pytest.fixture
def red(size: Size) -> Stamp:
    """As wide as the canvas, 20 rows high."""
    small = Size(size.width, 20)
    bgr = np.zeros((20, size.width, 3), np.uint8)
    bgr[:] = (0, 0, 255)
    return make_stamp(bgr, np.full((20, size.width), 255, np.uint8), small)
