"""Stretches of rows against slices."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livecut.kernels.cpu.stretches import copy, fill, triple

STRETCH = st.integers(1, 200).flatmap(lambda size: st.tuples(st.just(size), *(st.integers(0, size) for _ in range(2))))


@given(STRETCH)
def test_a_stretch_is_a_slice_and_nothing_beside_it_is_touched(stretch: tuple[int, int, int]) -> None:
    size, *places = stretch
    first, end = sorted(places)
    row = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    out, wanted = np.full(size, 7, np.uint8), np.full(size, 7, np.uint8)
    copy(row, first, end, out)
    wanted[first:end] = row[first:end]
    np.testing.assert_array_equal(out, wanted)
    fill(np.uint8(9), first, end, out)
    wanted[first:end] = 9
    np.testing.assert_array_equal(out, wanted)
    thrice, wanted = np.full(3 * size, 7, np.uint8), np.full(3 * size, 7, np.uint8)
    triple(row, first, end, thrice)
    wanted[3 * first : 3 * end] = row[first:end].repeat(3)
    np.testing.assert_array_equal(thrice, wanted)
