"""Frames of any size become the same small picture as `Shrink` makes of them, in one memory."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livecut.estimators.thumbnail import Thumbnail
from livecut.kernels.cpu.tensor import Shrink
from livecut.types import Size

SIDES = st.integers(1, 40)


@given(st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_each_frame_is_shrunk_whatever_came_before(sizes: list[tuple[int, int]], seed: int) -> None:
    thumbnail = Thumbnail(Size(9, 5))
    random = np.random.default_rng(seed)
    for width, height in sizes:
        bgr = random.integers(0, 256, (height, width, 3), np.uint8)
        expected = np.empty((5, 9, 3), np.uint8)
        Shrink(Size(width, height), Size(9, 5))(bgr, expected)
        small = thumbnail.of(bgr)
        assert small is thumbnail.bgr
        np.testing.assert_array_equal(small, expected)
