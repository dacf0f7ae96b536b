"""Head and shoulders are found in people who sit, stand far off, raise an arm or come in twos."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.silhouette import find_bust
from livecut.types import Size

Bytes = NDArray[np.uint8]


def boxes(*parts: tuple[int, int, int, int], size: Size = Size(320, 180)) -> Bytes:  # noqa: B008 - a tuple
    """Rectangles x, y, width, height of person."""
    alpha = np.zeros((size.height, size.width), np.uint8)
    for x, y, width, height in parts:
        alpha[y : y + height, x : x + width] = 255
    return alpha


def test_somebody_before_the_camera() -> None:
    bust = find_bust(boxes((140, 40, 40, 55), (150, 95, 20, 10), (100, 105, 120, 75)))
    assert bust is not None
    assert bust.centre == pytest.approx(0.5, abs=0.01)
    assert bust.top == pytest.approx(40 / 180, abs=0.02)
    assert bust.width == pytest.approx(120 / 320, abs=0.02)


def test_somebody_at_the_other_end_of_the_room_has_no_feet() -> None:
    standing = [(150, 40, 12, 16), (138, 58, 36, 50), (143, 108, 26, 50)]
    stretched = [*standing, (60, 158, 200, 10)]
    alone, with_carpet = find_bust(boxes(*standing)), find_bust(boxes(*stretched))
    assert alone is not None and with_carpet is not None
    assert alone.width == pytest.approx(36 / 320, abs=0.02)
    assert with_carpet.width == alone.width


def test_two_people_are_as_wide_as_both() -> None:
    bust = find_bust(boxes((60, 60, 30, 40), (40, 100, 70, 80), (210, 70, 30, 40), (190, 110, 70, 70)))
    assert bust is not None
    assert bust.width > (260 - 40) / 320 - 0.05
    assert 0.4 < bust.centre < 0.6


def test_hair_and_specks_are_no_head() -> None:
    bust = find_bust(boxes((10, 2, 3, 3), (140, 60, 40, 50), (100, 110, 120, 70)))
    assert bust is not None and bust.top == pytest.approx(60 / 180, abs=0.02)


@pytest.mark.parametrize("size", [Size(1, 1), Size(7, 1), Size(1, 9), Size(33, 21), Size(1921, 1081)], ids=str)
def test_nobody_and_everybody(size: Size) -> None:
    nobody, everybody = (
        np.full((size.height, size.width), 127, np.uint8),
        np.full((size.height, size.width), 255, np.uint8),
    )
    assert find_bust(nobody) is None
    bust = find_bust(everybody)
    assert bust is not None
    assert bust.top == 0.0 and bust.width == pytest.approx(1.0, abs=0.05) and bust.centre == pytest.approx(0.5)


def test_what_is_no_matte_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^alpha must be \(3, 4\) uint8, not \(3, 4\) float32$"):
        find_bust(np.zeros((3, 4), np.float32))
