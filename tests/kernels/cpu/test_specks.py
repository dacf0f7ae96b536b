"""Islands, holes and veils: what goes and what stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from livecut.kernels.cpu.specks import SpeckFilter, fading
from livecut.settings.sections import MatteSettings
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
    st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
        lambda shape: arrays.arrays(np.float32, shape, elements=st.sampled_from([0.0, 1.0]))
    ),
    st.floats(0.0, 0.05),
)
@settings(max_examples=150, deadline=None)  # the first call compiles
def test_of_black_and_white_what_stays_is_what_a_library_counts(matte: Floats, most: float) -> None:
    expected = matte.copy()
    for holes in (False, True):
        share = min(most, 0.01) if holes else most
        side = (expected < 0.5) if holes else (expected > 0.5)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(side.astype(np.uint8), connectivity=4)
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] < share * matte.size:
                expected[labels == label] = 1.0 if holes else 0.0
    assert np.array_equal(filtered(matte, most), expected)


def oracle(matte: Floats, share: float) -> Floats:
    """The definition, component by component, with a library's components and in double precision."""
    reach, pixels = max(1, round(0.5 * (share * matte.size) ** 0.5)), share * matte.size
    window, side = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8), 2 * fading(reach) + 1
    given, shares = matte.astype(np.float64), []
    for layer in (given, 1.0 - given):
        around = np.clip((cv2.dilate(layer, window) - 0.3) / 0.2, 0.0, 1.0)
        shares.append(cv2.blur(around, (side, side), borderType=cv2.BORDER_REPLICATE))
    out = 1.0 - (1.0 - given * shares[0]) * shares[1]
    for holes in (False, True):
        least = min(share, 0.01) * matte.size if holes else pixels
        layer = 1.0 - out if holes else out
        solid = np.maximum(0.0, 2.0 * layer - 1.0)
        count, labels = cv2.connectedComponents((layer > 0.15).astype(np.uint8), connectivity=4)
        parts = [labels == label for label in range(1, count)]
        weights = [float(solid[part].sum()) for part in parts]
        if holes:
            weights = [
                max(weight, float(layer[part].sum())) if layer[part].sum() >= 5.0 * least else weight
                for part, weight in zip(parts, weights, strict=True)
            ]
        elif weights and max(weights) > 0.0:
            sure = [float(given[part & (solid > 0.0)].mean()) if solid[part].any() else 0.0 for part in parts]
            largest = weights.index(max(weights))
            enough = min(sure[largest] - 0.15, 0.9)
            weights = [
                0.0 if weight < 0.15 * weights[largest] and certain < enough else weight
                for weight, certain in zip(weights, sure, strict=True)
            ]
        for part, weight in zip(parts, weights, strict=True):
            if weight < least:
                out[part] = 1.0 if holes else 0.0
    return np.asarray(out, np.float32)


@pytest.mark.parametrize("seed", range(40))
def test_doubtful_mattes_against_the_oracle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 90)), int(rng.integers(1, 140)))  # whole words of eight pixels, and others
    noise = cv2.GaussianBlur(rng.random(shape), (0, 0), float(rng.choice([0.6, 2.0, 5.0])))
    matte = np.clip((noise - noise.mean()) / (noise.std() + 1e-9) * rng.choice([0.2, 0.5, 2.0]) + 0.5, 0.0, 1.0)
    share = float(rng.choice([0.002, 0.004, 0.02, 0.05]))
    one = matte.astype(np.float32).reshape(shape)
    assert np.allclose(filtered(one, share), oracle(one, share), atol=1e-4)


def test_a_small_island_goes_with_its_skirt_and_a_person_stays() -> None:
    matte = person()
    matte[5:12, 80:87] = 0.4
    matte[7:10, 82:85] = 1.0
    assert np.array_equal(filtered(matte, 0.004), person())


def test_a_veil_below_the_curve_joins_nothing_to_the_person() -> None:
    # A flag behind her shoulder, and three pixels that the coverage curve takes for nothing between them.
    matte = person()
    matte[20:30, 73:83] = 0.8
    matte[20:30, 70:73] = 0.12
    assert MatteSettings().curve_low > 0.12
    out = filtered(matte, 0.004)
    assert (out[:, 73:] == 0.0).all() and np.array_equal(out[:, :70], person()[:, :70])
    assert out[:, 70:73].max() == pytest.approx(0.12)
    matte[20:30, 70:73] = 0.5
    assert filtered(matte, 0.004)[25, 78] > 0.7, "an arm that is a little less sure is hers"


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
    assert (out[:, 70 + reach + fading(reach) :] == 0.0).all()
    assert out[40, 70] == pytest.approx(0.3)


@pytest.mark.parametrize("inside", [False, True])
def test_a_veil_ends_in_no_square(inside: bool) -> None:
    # Beside a person, and as doubt inside one beside a gap.
    matte = np.full((144, 256), 0.7 if inside else 0.3, np.float32)
    matte[60:90, 100:140] = 0.0 if inside else 1.0
    out = filtered(matte, 0.004)
    veil = np.abs(out - out[0, 0])[:, 141:]
    assert veil.max() == pytest.approx(0.3), "near the person it stays"
    assert np.abs(np.diff(veil, axis=0)).max() < 0.06 and np.abs(np.diff(veil, axis=1)).max() < 0.06


def test_a_frame_of_nothing_but_doubt_shows_nobody() -> None:
    assert not filtered(np.full((60, 100), 0.5, np.float32), 0.004).any()


def test_doubt_deep_inside_a_person_is_settled() -> None:
    matte = person()
    matte[20:50, 40:60] = 0.8
    assert (filtered(matte, 0.004)[25:45, 45:55] == 1.0).all()


@pytest.mark.parametrize(("width", "near"), [(6, 1e-6), (10, 0.03)])
def test_a_soft_edge_stays_soft(width: int, near: float) -> None:
    matte = np.broadcast_to(np.clip((np.arange(100) - 30) / width, 0, 1), (60, 100)).astype(np.float32)
    assert np.allclose(filtered(matte, 0.02), matte, atol=near)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(30, 50), (30, 90)])
def test_what_is_no_number_stays_in_sight(value: float, place: tuple[int, int]) -> None:
    """In a person and in the room: whoever looks at the matte after this must see that it is broken."""
    matte = person()
    matte[place] = value
    assert not np.isfinite(filtered(matte, 0.004)).all()


def test_nothing_is_done_when_switched_off() -> None:
    matte = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    assert np.array_equal(filtered(matte, 0.0), matte)


def test_a_chessboard_has_as_many_islands_as_there_can_be() -> None:
    board = (np.indices((31, 33)).sum(axis=0) % 2).astype(np.float32)
    assert (filtered(board, 2 / board.size) == 1.0).all() or (filtered(board, 2 / board.size) == 0.0).all()


def test_a_room_in_doubt_is_no_hole_to_be_filled() -> None:
    """Were it, one weak answer of the network would put the whole room on the air."""
    matte = person()
    matte[matte == 0.0] = 0.55
    out = filtered(matte, 0.05)
    assert out[:, :15].max() < 0.7
    assert out[:, 85:].max() < 0.7


@pytest.mark.parametrize("share", [0.004, 0.05])
def test_a_gap_under_an_arm_stays_whatever_is_asked_for(share: float) -> None:
    matte = person((120, 200))
    matte[60:80, 40:56] = 0.0  # 1.3 % of the frame
    assert np.array_equal(filtered(matte, share), matte)


def flag(alpha: float) -> Floats:
    """Something on the wall, a tenth as large as the person, and above the least that stays."""
    matte = person()
    matte[5:25, 80:90] = alpha
    return matte


def test_a_lesser_island_that_is_unsure_goes() -> None:
    assert np.array_equal(filtered(flag(0.8), 0.004), person())


def test_a_second_person_who_is_surely_seen_stays() -> None:
    assert (filtered(flag(0.95), 0.004)[8:22, 82:88] > 0.9).all()


def test_an_island_as_sure_as_the_largest_stays() -> None:
    matte = flag(0.8)
    matte[10:, 30:70] = 0.85
    assert (filtered(matte, 0.004)[8:22, 82:88] > 0.75).all()


def test_an_unsure_island_that_is_no_lesser_one_stays() -> None:
    matte = person()
    matte[5:55, 80:100] = 0.8
    assert (filtered(matte, 0.004)[10:50, 85:95] > 0.75).all()


@pytest.mark.parametrize("share", [-0.1, 0.06, 1.0, float("nan")])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=rf"^share must be 0 … 0.05, not {share}$"):
        filtered(person(), share)
