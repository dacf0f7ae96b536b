"""Scalar optics against the formulas they stand for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.kernels.optics import level_at, signed_blur, smooth_ramp, table_place, to_light

f4 = np.float32


def _srgb(level: float) -> float:
    x = level / 255
    return x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4


@pytest.mark.parametrize("level", [0, 1, 10, 60, 128, 200, 254, 255])
def test_light_is_that_of_srgb(level: int) -> None:
    assert float(to_light(f4(level), f4(0))) == pytest.approx(_srgb(level), abs=0.004)


def test_white_is_raised_by_the_bloom_and_dark_is_left() -> None:
    assert float(to_light(f4(255), f4(4))) == pytest.approx(5.0, rel=1e-4)
    assert float(to_light(f4(100), f4(4))) == pytest.approx(_srgb(100), abs=0.004)


@given(st.floats(0, 255), st.sampled_from([0.0, 1.0, 4.0, 8.0]))
def test_levels_come_back(level: float, bloom: float) -> None:
    levels = np.linspace(0, 255, 4001).astype(np.float32)
    roots = np.sqrt([float(to_light(f4(value), f4(bloom))) for value in levels[::20]])
    entries = np.linspace(0, roots[-1], 4096)
    table = np.interp(entries, roots, levels[::20]).astype(np.float32)
    light = to_light(f4(level), f4(bloom))
    assert float(level_at(table_place(light, f4(4095 / roots[-1])), table)) == pytest.approx(level, abs=0.6)


def test_beyond_the_table_the_last_level_holds() -> None:
    table = np.array([0, 100, 255], np.float32)
    assert float(level_at(table_place(f4(50.0), f4(2.0)), table)) == 255
    assert float(level_at(table_place(f4(-1.0), f4(2.0)), table)) == 0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5), st.floats(0.1, 40))
def test_blur_grows_with_distance_from_the_sharp_range(
    nearness: float, focus: float, sharp: float, gain: float
) -> None:
    blur = float(signed_blur(f4(nearness), f4(focus), f4(sharp), f4(gain)))
    expected = max(abs(nearness - focus) - sharp, 0) * gain
    assert abs(blur) == pytest.approx(expected, abs=1e-4)
    if abs(blur) > 1e-3:
        assert math.copysign(1, blur) == (1 if nearness > focus else -1)


def test_ramp() -> None:
    assert [float(smooth_ramp(f4(v), f4(1), f4(3))) for v in (0.0, 1.0, 2.0, 3.0, 9.0)] == [0, 0, 0.5, 1, 1]
