"""Evaluation of a model on the picture: every kind of run, and the seams between them."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.coverage import Coverage
from livecut.types import Plane, Size


def curve(coverage: float) -> float:
    t = min(1.0, max(0.0, coverage))
    return 255 * t * t * (3 - 2 * t)


def at_pixel(plane: Plane, size: Size, y: int, x: int) -> float:
    """Bilinear, one pixel at a time."""
    h, w = plane.shape
    v = min(max((y + 0.5) * h / size.height - 0.5, 0.0), h - 1.0)
    u = min(max((x + 0.5) * w / size.width - 0.5, 0.0), w - 1.0)
    j, i = int(v), int(u)
    below, right = min(j + 1, h - 1), min(i + 1, w - 1)
    upper = plane[j, i] * (1 - (u - i)) + plane[j, right] * (u - i)
    lower = plane[below, i] * (1 - (u - i)) + plane[below, right] * (u - i)
    return float(upper * (1 - (v - j)) + lower * (v - j))


@pytest.mark.parametrize("plane_size", [Size(1, 1), Size(5, 3), Size(17, 9), Size(40, 6), Size(50, 13)], ids=str)
def test_every_pixel_equals_the_oracle_across_sure_and_mixed_runs(plane_size: Size) -> None:
    size = Size(101, 23)
    rng = np.random.default_rng(plane_size.width)
    model = np.zeros((4, plane_size.height, plane_size.width), np.float32)
    model[3] = rng.choice(np.array([-0.5, -0.5, 1.5, 1.5, 0.4]), (1, plane_size.width))
    model[3, : plane_size.height // 2] = -1.0
    model[3, :, plane_size.width // 2 :] = 2.0
    some = rng.random(model.shape[1:]) < 0.1
    model[:3, some] = rng.normal(0, 0.003, (3, int(some.sum())))
    bgr = rng.integers(0, 256, (23, 101, 3), np.uint8)
    out = np.full((23, 101), 99, np.uint8)
    Coverage(size, plane_size)(bgr, model, out)
    for y in range(23):
        for x in range(101):
            slopes = [at_pixel(model[k], size, y, x) for k in range(3)]
            value = at_pixel(model[3], size, y, x) + sum(s * int(c) for s, c in zip(slopes, bgr[y, x], strict=True))
            assert abs(int(out[y, x]) - curve(value)) <= 0.6, (y, x)


def test_a_frame_that_is_sure_everywhere_does_not_depend_on_the_picture() -> None:
    size, plane_size = Size(40, 30), Size(10, 8)
    for value, expected in ((0.0, 0), (1.0, 255)):
        model = np.zeros((4, 8, 10), np.float32)
        model[3] = value
        out = np.full((30, 40), 7, np.uint8)
        Coverage(size, plane_size)(np.full((30, 40, 3), 200, np.uint8), model, out)
        assert (out == expected).all()
