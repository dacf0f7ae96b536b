"""Rounded corners fit every frame."""

from __future__ import annotations

import pytest

from livecut.layers.corners import RoundCorners
from livecut.protocols import Layer
from livecut.types import Canvas, Size


def test_the_radius_scales_with_the_frame(size: Size, canvas: Canvas) -> None:
    corners = RoundCorners(size, 80.0, (1, 2, 3))
    assert isinstance(corners, Layer) and corners.needs == frozenset()
    corners.render(canvas, None)
    assert tuple(canvas.bgr[0, 0]) == tuple(canvas.bgr[-1, -1]) == (1, 2, 3)
    assert (canvas.bgr[0, 10:-10] == 90).all() and tuple(canvas.bgr[0, 5]) != (90, 90, 90)


@pytest.mark.parametrize("size", [Size(1, 1), Size(2, 9), Size(91, 3), Size(33, 33)], ids=str)
def test_the_largest_radius_is_half_of_the_smaller_side(size: Size) -> None:
    canvas = Canvas.empty(size, alpha=True)
    assert canvas.alpha is not None
    canvas.bgr.fill(90)
    canvas.alpha.fill(255)
    RoundCorners(size, 1000.0).render(canvas, None)
    assert canvas.alpha[size.height // 2, size.width // 2] > 250
    assert (canvas.alpha[0, 0] < 255) == (min(size) > 1)
