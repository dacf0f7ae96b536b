"""The hand-drawn outline of the portrait is sound: others measure against it."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.outline import outline, outline_mask

from livecut.sources.demo import DemoSource, portrait
from livecut.types import Size


@pytest.mark.parametrize(("name", "fewest"), [("woman", 120), ("helmet", 40)])
def test_polygons_are_simple_and_inside(name: Literal["woman", "helmet"], fewest: int) -> None:
    points = outline(name)
    assert len(points) >= fewest
    assert points.min() >= -0.5
    assert points.max() <= 511.5
    starts, ends = points, np.roll(points, -1, axis=0)
    for i in range(len(points)):
        for j in range(i + 2, len(points)):
            if (i, j) != (0, len(points) - 1):
                assert not _cross(starts[i], ends[i], starts[j], ends[j]), (name, i, j)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]) -> bool:
    def side(p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64]) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def test_known_places_lie_where_they_should() -> None:
    woman, helmet = outline_mask("woman"), outline_mask("helmet")
    hers = [(225, 110), (230, 20), (160, 80), (297, 80), (250, 230), (150, 470), (40, 400), (345, 330), (270, 500)]
    others = [(20, 60), (60, 200), (420, 100), (380, 210), (320, 150), (140, 140), (440, 320), (10, 480), (500, 10)]
    assert all(woman[y, x] == 255 and helmet[y, x] == 0 for x, y in hers)
    assert all(woman[y, x] == 0 and helmet[y, x] == 0 for x, y in others)
    assert helmet[430, 400] == 255
    assert woman[430, 400] == 0
    assert np.count_nonzero(woman & helmet) < 200, "they share their border only"


def test_the_line_follows_edges_of_the_picture() -> None:
    """The picture changes across her outline far more than along the same line moved by six pixels."""
    points = outline("woman")
    grey = cv2.GaussianBlur(portrait(), (0, 0), 1.0).astype(np.float64)
    ends = np.roll(points, -1, axis=0)
    middles, along = (points + ends) / 2, ends - points
    # Nothing can be seen across the lower border of the picture.
    seen = (middles[:, 1] < 505) & (np.linalg.norm(along, axis=1) > 0)
    middles, along = middles[seen], along[seen]
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.linalg.norm(along, axis=1, keepdims=True)

    def contrast(offset: float) -> float:
        def at(distance: float) -> NDArray[np.float64]:
            x, y = np.rint(middles + normal * distance).astype(int).clip(0, 511).T
            return np.asarray(grey[y, x], np.float64)

        return float(np.abs(at(offset + 2) - at(offset - 2)).sum(axis=1).mean())

    here = contrast(0.0)
    assert here > 2.5 * contrast(6.0)
    assert here > 2.5 * contrast(-6.0)
    assert here > contrast(1.5)
    assert here > contrast(-1.5)


def test_it_maps_onto_frames_of_the_demo() -> None:
    """Her orange suit is inside the outline on any frame, the wall outside."""
    source = DemoSource(Size(640, 360))
    for index in (0, 77, 300):
        mask = outline_mask("woman", source.size, source.transform(index))
        frame = source.render(index).astype(np.int32)
        orange = (frame[..., 2] - frame[..., 0] > 120) & (frame[..., 1] > 70)
        assert orange.sum() > 3000
        assert (mask[orange] == 255).mean() > 0.97
        assert 0.3 < (mask == 255).mean() < 0.6
