"""The median of light, and a curve that lifts without magnifying noise."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.exposure import apply_curve, lift_curve, middle_grey
from livecut.types import Size


@pytest.mark.parametrize("size", [Size(1, 1), Size(3, 1), Size(33, 21), Size(641, 361)], ids=str)
def test_middle_grey_is_about_the_median(size: Size) -> None:
    rng = np.random.default_rng(size.width)
    # Smooth, so that its grid sees what the whole picture has.
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    bgr = np.dstack([x / size.width * 200, y / size.height * 255, np.full(x.shape, rng.integers(0, 256))])
    bgr = bgr.astype(np.uint8)
    exact = np.median(bgr @ np.array([0.114, 0.587, 0.299])) / 255
    assert abs(middle_grey(bgr) - exact) < 0.03


def test_black_is_not_quite_nothing_and_white_is_not_beyond_everything() -> None:
    black, white = np.zeros((9, 9, 3), np.uint8), np.full((9, 9, 3), 255, np.uint8)
    assert 0 < middle_grey(black) < 0.01
    assert 0.99 < middle_grey(white) <= 1.0


@pytest.mark.parametrize("gamma", [1.0, 0.8, 0.35])
def test_the_curve_keeps_its_ends_rises_and_has_a_toe(gamma: float) -> None:
    table = lift_curve(gamma).astype(int)
    assert (table[0], table[255]) == (0, 255)
    assert (np.diff(table) >= 0).all()
    assert (table >= np.arange(256)).all()
    assert np.diff(table).max() <= 6
    if gamma == 1.0:
        assert np.array_equal(table, np.arange(256))


def test_a_curve_is_applied_to_every_value_also_in_place() -> None:
    bgr = np.random.default_rng(0).integers(0, 256, (21, 33, 3), np.uint8)
    table = lift_curve(0.6)
    expected = table[bgr]
    out = np.empty_like(bgr)
    apply_curve(bgr, table, out)
    assert np.array_equal(out, expected)
    apply_curve(bgr, table, bgr)
    assert np.array_equal(bgr, expected)


def test_wrong_curves_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^gamma must be above 0 and at most 1, not 1.5$"):
        lift_curve(1.5)
    bgr = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(ValueError, match=r"^table must be \(256,\) uint8, not \(255,\) uint8$"):
        apply_curve(bgr, np.zeros(255, np.uint8), bgr)
