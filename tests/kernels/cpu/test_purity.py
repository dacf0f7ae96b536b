"""What is wholly person, wholly room or mixed, against a look at every pixel."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.purity import MIXED, PERSON, ROOM, STRIP, begin, conclude, judge, run_end, take


@pytest.mark.parametrize("width", [1, 63, 64, 65, 200])
def test_every_strip_is_what_its_pixels_say(width: int) -> None:
    rng = np.random.default_rng(width)
    alpha = rng.choice(np.array([0, 255], np.uint8), (9, -(-width // STRIP))).repeat(STRIP, axis=1)[:, :width].copy()
    alpha[4, width // 2] ^= 1
    kinds, marks = np.empty(-(-width // STRIP), np.int64), np.empty((2, width), np.uint8)
    for top, bottom in ((0, 1), (3, 5), (0, 9)):
        judge(alpha, top, bottom, STRIP, marks, kinds)
        for strip, kind in enumerate(kinds):
            values = set(alpha[top:bottom, strip * STRIP : (strip + 1) * STRIP].ravel().tolist())
            assert kind == (PERSON if values == {255} else ROOM if values == {0} else MIXED)


@pytest.mark.parametrize("strip", [1, 3, 6, 100])
def test_rows_of_several_planes_count_together(strip: int) -> None:
    planes = np.full((2, 6), 255, np.uint8)
    planes[:, :3] = 0
    planes[1, 4] = 254
    kinds, marks = np.empty(-(-6 // strip), np.int64), np.empty((2, 6), np.uint8)
    for _ in range(2):  # nothing is left of what was looked at before
        begin(marks)
        for row in planes:
            take(row, marks)
        conclude(marks, strip, kinds)
        for at, kind in enumerate(kinds):
            values = set(planes[:, at * strip : (at + 1) * strip].ravel().tolist())
            assert kind == (PERSON if values == {255} else ROOM if values == {0} else MIXED)


def test_a_run_ends_where_another_kind_begins_or_the_row_does() -> None:
    kinds = np.array([0, 0, -1, 255, 255, 255])
    assert [run_end(kinds, first) for first in range(6)] == [2, 2, 3, 6, 6, 6]
