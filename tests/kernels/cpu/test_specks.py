"""Islands, holes and veils: what goes and what stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from livecut.kernels.cpu.specks import SpeckFilter
from livecut.types import Size

Floats = NDArray[np.float32]


def filtered(matte: Floats, share: float) -> Floats:
    out = matte.copy()
    SpeckFilter(Size(matte.shape[1], matte.shape[0]))(out, share)
    return out


def person(shape: tuple[int, int] = (60, 100)) -> Floats:
    matte = np.zeros(shape, np.float32)
    matte[10:, 30:70] = 1.0
    return matte


@given(
    st.tuples(st.integers(1, 23), st.integers(1, 23)).flatmap(
        lambda shape: arrays.arrays(np.float32, shape, elements=st.sampled_from([0.0, 1.0]))
    ),
    st.integers(0, 60),
)
@settings(max_examples=150, deadline=None)  # the first call compiles
def test_of_black_and_white_what_stays_is_what_a_library_counts(matte: Floats, least: int) -> None:
    share = min(1.0, least / matte.size)
    expected = matte.copy()
    for holes in (False, True):
        side = (expected < 0.5) if holes else (expected > 0.5)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(side.astype(np.uint8), connectivity=4)
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] < share * matte.size:
                expected[labels == label] = 1.0 if holes else 0.0
    assert np.array_equal(filtered(matte, share), expected)


def test_a_small_island_goes_with_its_skirt_and_a_person_stays() -> None:
    matte = person()
    matte[5:12, 80:87] = 0.4
    matte[7:10, 82:85] = 1.0
    assert np.array_equal(filtered(matte, 0.004), person())


def test_a_small_hole_is_filled_and_a_gap_stays() -> None:
    matte = person()
    matte[20:23, 40:43] = 0.0
    matte[30:45, 50:60] = 0.0
    expected = person()
    expected[30:45, 50:60] = 0.0
    assert np.array_equal(filtered(matte, 0.004), expected)


def test_a_wide_smear_that_is_never_sure_goes_however_large() -> None:
    matte = person()
    matte[20:50, 80:100] = 0.5
    assert np.array_equal(filtered(matte, 0.004), person())


def test_a_veil_joined_to_the_person_ends_near_them() -> None:
    matte = person()
    matte[30:50, 70:100] = 0.3
    out = filtered(matte, 0.004)
    reach = round(0.5 * (0.004 * 6000) ** 0.5)
    assert (out[:, 70 + reach :] == 0.0).all()
    assert out[40, 70] == pytest.approx(0.3)


def test_a_frame_of_nothing_but_doubt_shows_nobody() -> None:
    assert not filtered(np.full((60, 100), 0.5, np.float32), 0.004).any()


def test_doubt_deep_inside_a_person_is_settled() -> None:
    matte = person()
    matte[20:50, 40:60] = 0.8
    assert (filtered(matte, 0.004)[25:45, 45:55] == 1.0).all()


def test_a_soft_edge_stays_soft() -> None:
    matte = np.broadcast_to(np.clip((np.arange(100) - 30) / 10, 0, 1), (60, 100)).astype(np.float32)
    assert np.allclose(filtered(matte, 0.02), matte, atol=1e-6)


def test_nothing_is_done_when_switched_off() -> None:
    matte = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    assert np.array_equal(filtered(matte, 0.0), matte)


def test_a_chessboard_has_as_many_islands_as_there_can_be() -> None:
    board = (np.indices((31, 33)).sum(axis=0) % 2).astype(np.float32)
    assert (filtered(board, 2 / board.size) == 1.0).all() or (filtered(board, 2 / board.size) == 0.0).all()


def test_a_share_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^share must be 0 … 1, not -0.1$"):
        filtered(person(), -0.1)
