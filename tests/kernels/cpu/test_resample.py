"""Where target pixels lie between source pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.kernels.cpu.resample import enlarge_pixels, taps


@given(st.integers(1, 400), st.integers(1, 2000))
def test_every_target_pixel_has_its_place_between_two_source_pixels(source: int, target: int) -> None:
    low, weight = taps(source, target)
    assert low.shape == weight.shape == (target,)
    assert low.min() >= 0 and low.max() <= max(source - 2, 0)
    assert weight.min() >= 0.0 and weight.max() <= 1.0
    exact = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    assert np.abs(low + weight - exact).max() < 1e-4


def test_a_pitch_sets_how_wide_a_source_pixel_is() -> None:
    low, weight = taps(3, 10, 4)
    assert np.allclose(low + weight, np.clip((np.arange(10) + 0.5) / 4 - 0.5, 0, 2))


@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_row_of_planes_comes_out_interleaved(width: int) -> None:
    planes = np.random.default_rng(width).random((3, 4, width)).astype(np.float32)
    low, weight = taps(width, 13)
    out = np.empty(39, np.float32)
    enlarge_pixels(planes, 2, low, weight, out)
    upper = np.minimum(low + 1, width - 1)
    expected = planes[:, 2, low] * (1 - weight) + planes[:, 2, upper] * weight
    assert np.allclose(out.reshape(13, 3), expected.T, atol=1e-6)


def test_nothing_cannot_be_enlarged() -> None:
    with pytest.raises(ValueError, match=r"^cannot enlarge 0 to 5 pixels$"):
        taps(0, 5)
