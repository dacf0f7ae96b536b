"""What is added of what a network says is held: what is joined to the person, and never less than the matte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.cup import CUP, H, W, person

from livecut.kernels.cpu.held import HeldKeeper
from livecut.types import Size

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def told(*places: tuple[slice, slice], value: float = 0.9) -> Floats:
    held = person()
    for place in places:
        held[place] = np.maximum(held[place], np.float32(value))
    return held


def kept(held: Floats, alpha: Floats | None = None, *, nearness: Floats | None = None) -> Floats:
    alpha = person() if alpha is None else alpha
    out = np.full_like(alpha, 7.0)
    keeper = HeldKeeper(Size(alpha.shape[1], alpha.shape[0]))
    keeper(alpha, held, out, nearness=nearness, steady=False)
    return out


def frames(*helds: Floats, alpha: Floats | None = None) -> list[Floats]:
    keeper, found = HeldKeeper(Size(W, H)), []
    for held in helds:
        out = np.empty((H, W), np.float32)
        keeper(person() if alpha is None else alpha, held, out)
        found.append(out)
    return found


def test_a_cup_at_her_side_is_added_as_it_is_told() -> None:
    held = told(CUP)
    held[69:101, 200] = 0.4  # its soft edge
    assert np.array_equal(kept(held), held)


@pytest.mark.parametrize(("gap", "stays"), [(0, True), (1, True), (2, True), (3, False), (30, False)])
def test_what_is_not_joined_to_her_is_dropped(gap: int, stays: bool) -> None:
    place = np.s_[70:100, 170 + gap : 200 + gap]
    out = kept(told(place))
    assert bool((out[place] > 0.8).all()) is stays
    assert stays or np.array_equal(out, person())


def test_a_thing_on_a_thin_stick_is_joined_to_her() -> None:
    stick, thing = np.s_[80:81, 170:220], np.s_[70:90, 220:240]
    out = kept(told(stick, thing))
    assert (out[thing] > 0.8).all()
    assert out[80, 171:217].max() == 0.0


@pytest.mark.parametrize(
    ("what", "place"),
    [
        ("a seam along her outline", np.s_[28:160, 108:172]),
        ("the wall beside her", np.s_[0:160, 170:288]),
        ("all of the room", np.s_[0:160, 0:288]),
        ("what is larger than twice what is seen of her", np.s_[5:135, 100:280]),
        ("a speck", np.s_[80:89, 170:180]),
    ],
)
def test_what_nobody_holds_is_dropped(what: str, place: tuple[slice, slice]) -> None:
    assert np.array_equal(kept(told(place)), person()), what


def test_more_than_twice_of_her_altogether_is_a_mistake() -> None:
    one, other = np.s_[20:110, 10:110], np.s_[20:110, 170:270]
    assert (kept(told(one))[one] > 0.8).all()
    assert np.array_equal(kept(told(one, other)), person())


def test_a_person_who_fills_the_picture_lets_no_more_than_half_of_it_be_added() -> None:
    alpha = np.ones((H, W), np.float32)
    alpha[5:155, :160] = 0.0
    held = np.ones((H, W), np.float32)
    assert np.array_equal(kept(held, alpha), alpha)
    alpha[80:, :] = 1.0
    assert np.array_equal(kept(held, alpha), held)


def test_what_the_matte_left_out_of_her_is_filled_in() -> None:
    alpha = person()
    alpha[80:110, 125:155] = 0.1
    assert np.array_equal(kept(person(), alpha), person())


def test_nobody_holds_nothing() -> None:
    nobody = np.zeros((H, W), np.float32)
    assert np.array_equal(kept(told(CUP), nobody), nobody)
    nobody[50:60, 100:120] = 1.0  # 0.4 % of the frame
    assert np.array_equal(kept(told(CUP), nobody), nobody)


@pytest.mark.parametrize(("near", "stays"), [(2.0, True), (0.9, True), (0.6, True), (0.5, False), (0.1, False)])
def test_what_is_nearly_as_far_as_the_room_is_dropped(near: float, stays: bool) -> None:
    nearness = np.where(person() > 0, np.float32(0.9), np.float32(0.1))
    nearness[CUP] = near
    for scale, shift in ((1.0, 0.0), (250.0, -3.0)):
        out = kept(told(CUP), nearness=nearness * np.float32(scale) + np.float32(shift))
        assert np.array_equal(out, told(CUP) if stays else person())


@pytest.mark.parametrize(
    "nearness",
    [
        np.full((H, W), 0.5, np.float32),
        np.full((H, W), np.nan, np.float32),
        np.where(person() > 0, np.float32(0.1), np.float32(0.9)),
        np.where(person() > 0, np.float32(np.inf), np.float32(0.1)),
        np.random.default_rng(0).random((H, W), np.float32),
    ],
    ids=["flat", "nan", "the room nearer", "inf", "noise"],
)
def test_depth_that_does_not_tell_her_from_the_room_drops_nothing(nearness: Floats) -> None:
    assert np.array_equal(kept(told(CUP), nearness=nearness), told(CUP))


def test_a_thing_appears_within_frames_and_is_forgiven_one_frame_apart() -> None:
    apart = told(np.s_[70:100, 176:206])
    shown = frames(*[told(CUP)] * 8, apart, told(CUP))
    means = [float(one[72:98, 178:198].mean()) for one in shown]
    assert 0.4 < means[0] < 0.5 and means[2] > 0.75 and means[7] > 0.88
    assert 0.7 < means[8] < means[7] and means[9] > means[8]


@pytest.mark.parametrize(("value", "stays"), [(0.55, False), (0.65, True)])
def test_what_the_network_only_wonders_about_is_dropped(value: float, stays: bool) -> None:
    assert np.array_equal(kept(told(CUP, value=value)), told(CUP, value=value) if stays else person())


def test_what_seems_less_sure_for_a_frame_stays() -> None:
    doubt = told(CUP, value=0.4)
    assert np.array_equal(kept(doubt), person())
    shown = frames(*[told(CUP)] * 8, doubt)
    assert shown[8][CUP].mean() > 0.75


def test_what_seems_farther_or_smaller_for_a_frame_stays() -> None:
    depth = np.where(person() > 0, np.float32(0.9), np.float32(0.1))
    far = depth.copy()
    depth[CUP], far[CUP] = 0.8, 0.5
    speck, corner = np.s_[80:90, 170:180], np.s_[80:88, 170:178]
    keeper, out = HeldKeeper(Size(W, H)), np.empty((H, W), np.float32)
    for _ in range(8):
        keeper(person(), told(CUP), out, nearness=depth)
    keeper(person(), told(CUP), out, nearness=far)
    assert out[CUP].mean() > 0.88
    assert np.array_equal(kept(told(CUP), nearness=far), person())
    shown = frames(*[told(speck)] * 8, told(corner))
    assert shown[8][corner].min() > 0.88
    assert np.array_equal(kept(told(corner)), person())


def test_what_has_moved_on_leaves_no_trail() -> None:
    moved = told(np.s_[110:140, 170:200])
    shown = frames(*[told(CUP)] * 8, moved)
    assert shown[8][70:98, 170:200].max() == 0.0


def test_what_nobody_confirms_fades_to_nothing() -> None:
    apart = told(np.s_[70:100, 174:204])
    shown = frames(*[told(CUP)] * 8, *[apart] * 20)
    assert shown[-1][CUP].max() < 0.02


def test_forgotten_and_handed_on() -> None:
    keeper, other, out = HeldKeeper(Size(W, H)), HeldKeeper(Size(W, H)), np.empty((H, W), np.float32)
    for _ in range(5):
        keeper(person(), told(CUP), out)
    other.go_on_from(keeper)
    HeldKeeper(Size(W, H // 2)).go_on_from(keeper)
    keeper.forget()
    keeper(person(), told(CUP, value=0.4), out)
    assert np.array_equal(out, person())
    other(person(), told(CUP, value=0.4), out)
    assert out[CUP].mean() > 0.6


@pytest.mark.parametrize("size", [Size(W, H), Size(1, 1), Size(3, 2)], ids=str)
def test_a_rehearsal_is_forgotten(size: Size) -> None:
    keeper, shape = HeldKeeper(size), (size.height, size.width)
    keeper.rehearse()
    nothing, out = np.zeros(shape, np.float32), np.empty(shape, np.float32)
    keeper(nothing, nothing, out)
    assert not out.any() and not keeper._state.any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.2, -0.2])
def test_what_is_no_coverage_is_refused_there_and_forgotten(value: float) -> None:
    broken = told(CUP)
    broken[75:80, 175:180] = value
    shown = frames(*[told(CUP)] * 8, broken, told(CUP))
    bad = np.isnan(shown[8])
    assert bad[75:80, 175:180].all() and bad.sum() == 25
    assert not np.isnan(shown[9]).any() and (shown[9] <= told(CUP)).all()


def test_a_matte_that_is_no_number_stays_one() -> None:
    alpha = person()
    alpha[80, 180] = np.nan
    alpha[2, 2] = np.inf
    out = kept(told(CUP), alpha)
    assert np.isnan(out[80, 180]) and not np.isfinite(out[2, 2])


@pytest.mark.parametrize("value", [-np.inf, -7.0])
@pytest.mark.parametrize("place", [(80, 180), (2, 2)])
def test_a_matte_below_all_coverage_is_left_to_the_plan(value: float, place: tuple[int, int]) -> None:
    alpha = person()
    alpha[place] = value
    assert kept(told(CUP), alpha)[place] == value


def test_other_sizes_and_types_are_refused() -> None:
    keeper, out = HeldKeeper(Size(W, H)), np.empty((H, W), np.float32)
    with pytest.raises(ValueError, match=r"held must be \(160, 288\) float32, not \(160, 280\) float32"):
        keeper(person(), person()[:, :280], out)
    with pytest.raises(ValueError, match=r"nearness must be \(160, 288\) float32, not \(160, 288\) float64"):
        keeper(person(), person(), out, nearness=person().astype(np.float64))


def grown(mask: Mask, half: int) -> Mask:
    """What lies within `half` of `mask` in both directions."""
    out = np.zeros_like(mask)
    for y, x in zip(*np.nonzero(mask), strict=True):
        out[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1] = True
    return out


def parts(mask: Mask) -> list[Mask]:
    """Its 4-connected parts."""
    left, found = mask.copy(), []
    while left.any():
        part = np.zeros_like(mask)
        ahead = [tuple(np.argwhere(left)[0])]
        while ahead:
            y, x = ahead.pop()
            if 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and left[y, x]:
                left[y, x], part[y, x] = False, True
                ahead += [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        found.append(part)
    return found


def oracle(alpha: Floats, held: Floats, reach: int, rim: int) -> Floats:
    """What a keeper adds to a single picture, in plain steps."""
    sure, solid = alpha > 0.5, (held > 0.5) & ~(alpha > 0.5)
    # Beyond the border nothing makes a thing thin.
    thick = grown(~grown(~solid, 1), 1)
    chosen, total, most = np.zeros_like(solid), 0, min(2 * int(sure.sum()), 0.5 * alpha.size)
    least = max(1, 0.002 * alpha.size)
    for part in parts(solid):
        body = part & thick
        rims = np.pad(thick, 1)
        outline = border = 0
        for y, x in zip(*np.nonzero(body), strict=True):
            for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                outside = not (0 <= v < body.shape[0] and 0 <= u < body.shape[1])
                border += outside
                outline += outside or not rims[v + 1, u + 1]
        joined = (part & grown(sure, reach)).any() and held[body].sum(dtype=np.float64) >= 0.6 * body.sum()
        if least <= body.sum() <= most and joined and border <= 0.5 * outline:
            chosen |= body
            total += int(body.sum())
    if total > most or sure.sum() < 0.005 * alpha.size:
        chosen[:] = False
    return np.where(grown(chosen, rim), np.maximum(alpha, held), alpha)


def blobs(rng: np.random.Generator, height: int, width: int, most: int) -> Floats:
    plane = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(1, 6)):
        y, x = rng.integers(0, height), rng.integers(0, width)
        plane[y : y + rng.integers(2, most), x : x + rng.integers(2, most)] = 0.3 + 0.7 * rng.random()
    return plane


@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 28), width=st.integers(1, 40))
def test_it_is_what_plain_steps_make_of_it(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    alpha, held = blobs(rng, height, width, 14), blobs(rng, height, width, 14)
    if rng.random() < 0.7:
        held = np.maximum(alpha, held)
    np.testing.assert_array_equal(kept(held, alpha), oracle(alpha, held, 1, 1))


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_plain_steps_make_of_it_on_the_networks_own_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    alpha = np.maximum(blobs(rng, H, W, 60), person())
    held = np.maximum(alpha, blobs(rng, H, W, 60))
    held[60:90, 171 + seed : 200] = 0.9
    np.testing.assert_array_equal(kept(held, alpha), oracle(alpha, held, 3, 2))


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from([(1, 1), (1, 40), (40, 1), (17, 23), (45, 80), (16, 16)]),
    faults=st.integers(0, 3),
)
def test_it_is_never_below_the_matte_and_never_above_both(seed: int, shape: tuple[int, int], faults: int) -> None:
    rng = np.random.default_rng(seed)
    keeper = HeldKeeper(Size(shape[1], shape[0]))
    most = np.zeros(shape, np.float32)
    for _ in range(4):
        alpha, held = rng.random(shape, np.float32), rng.random(shape, np.float32)
        for _ in range(faults):
            held[rng.integers(shape[0]), rng.integers(shape[1])] = np.nan
        out = np.full(shape, 7.0, np.float32)
        keeper(alpha, held, out)
        bad = np.isnan(held)
        assert np.array_equal(np.isnan(out), bad)
        # What was held before fades, so it may be above what is told now, but never above what ever was.
        most = np.maximum(most, np.where(bad, 0, held))
        assert (out >= alpha)[~bad].all()
        assert (out <= np.maximum(alpha, most))[~bad].all()


@given(seed=st.integers(0, 2**32 - 1), steady=st.booleans())
def test_where_nothing_is_held_it_is_the_matte(seed: int, steady: bool) -> None:
    rng = np.random.default_rng(seed)
    keeper, out = HeldKeeper(Size(23, 17)), np.empty((17, 23), np.float32)
    for _ in range(3):
        alpha = rng.random((17, 23), np.float32)
        keeper(alpha, np.minimum(alpha, rng.random((17, 23), np.float32)), out, steady=steady)
        assert np.array_equal(out, alpha)
