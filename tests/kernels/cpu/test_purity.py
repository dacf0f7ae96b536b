"""What is wholly person, wholly room or mixed, against a look at every pixel."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.purity import MIXED, PERSON, ROOM, STRIP, judge, purity, run_end


@pytest.mark.parametrize("width", [1, 63, 64, 65, 200])
def test_every_strip_is_what_its_pixels_say(width: int) -> None:
    rng = np.random.default_rng(width)
    alpha = rng.choice(np.array([0, 255], np.uint8), (9, -(-width // STRIP))).repeat(STRIP, axis=1)[:, :width].copy()
    alpha[4, width // 2] ^= 1
    kinds = np.empty(-(-width // STRIP), np.int64)
    for top, bottom in ((0, 1), (3, 5), (0, 9)):
        judge(alpha, top, bottom, kinds)
        for strip, kind in enumerate(kinds):
            values = set(alpha[top:bottom, strip * STRIP : (strip + 1) * STRIP].ravel().tolist())
            assert kind == (PERSON if values == {255} else ROOM if values == {0} else MIXED)


def test_one_pixel_in_a_corner_spoils_a_rectangle() -> None:
    alpha = np.full((4, 6), 255, np.uint8)
    assert purity(alpha, 1, 3, 2, 5) == PERSON
    alpha[2, 4] = 254
    assert purity(alpha, 1, 3, 2, 5) == MIXED
    assert purity(alpha, 1, 3, 2, 4) == PERSON


def test_a_run_ends_where_another_kind_begins_or_the_row_does() -> None:
    kinds = np.array([0, 0, -1, 255, 255, 255])
    assert [run_end(kinds, first) for first in range(6)] == [2, 2, 3, 6, 6, 6]
