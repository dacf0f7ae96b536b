"""What is kept besides the person, in drawn scenes: things in hands stay, furniture does not, nothing is made up."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from support.cup import CUP, H, W, person

from livecut.kernels.cpu.keep import NearKeeper, refit
from livecut.types import Size

Floats = NDArray[np.float32]


def nearness(*near: tuple[slice, slice], value: float = 0.9) -> Floats:
    depth = np.full((H, W), 0.1, np.float32)
    depth[30:, 110:170] = 0.9
    for place in near:
        depth[place] = value
    return depth


def kept(depth: Floats, alpha: Floats | None = None, *, joined: bool = True) -> Floats:
    alpha = person() if alpha is None else alpha
    out = np.full_like(alpha, 7.0)
    NearKeeper(Size(alpha.shape[1], alpha.shape[0]), joined=joined)(alpha, depth, out, steady=False)
    return out


def test_a_cup_at_her_side_stays_and_nothing_else_is_added() -> None:
    out = kept(nearness(CUP))
    assert (out[CUP] > 0.95).mean() > 0.97
    beyond = person()
    beyond[69:101, 170:201] = 1.0
    assert (out <= beyond).all() and (out >= person()).all()


@pytest.mark.parametrize(("scale", "shift"), [(7.0, -3.0), (0.01, 100.0), (1000.0, 0.0)])
def test_the_scale_of_nearness_does_not_matter(scale: float, shift: float) -> None:
    depth = nearness(CUP)
    assert np.allclose(kept(depth * np.float32(scale) + np.float32(shift)), kept(depth), atol=0.02)


def test_what_is_nearer_than_she_is_stays() -> None:
    assert kept(nearness(CUP, value=1.6))[CUP].mean() > 0.95


def test_a_thing_before_her_body_that_the_matte_leaves_out_is_filled_in() -> None:
    alpha = person()
    alpha[90:120, 125:155] = 0.0
    assert kept(nearness(), alpha)[90:120, 125:155].mean() > 0.95


@pytest.mark.parametrize(
    ("what", "place", "value"),
    [
        ("a chair's back behind her", np.s_[80:150, 170:200], 0.55),
        ("something as near as she is, elsewhere", np.s_[70:100, 220:250], 0.9),
        ("a table across the picture", np.s_[120:160, 0:288], 0.95),
        ("a shelf along the side", np.s_[0:160, 170:288], 0.9),
        ("a line beside her: depth smeared across an outline", np.s_[30:160, 170:174], 0.9),
        ("a speck", np.s_[70:78, 170:178], 0.9),
    ],
)
def test_what_is_not_held_does_not_stay(what: str, place: tuple[slice, slice], value: float) -> None:
    depth = nearness(place, value=value)
    depth[30:, 110:170] = 0.9
    assert np.array_equal(kept(depth), person()), what


def test_a_floor_that_rises_to_her_does_not_stay() -> None:
    depth = nearness()
    depth[60:] = np.linspace(0.1, 1.0, H - 60, dtype=np.float32)[:, None]
    depth[30:, 110:170] = 0.9
    assert np.array_equal(kept(depth), person())


def test_near_keeps_all_that_is_as_near_wherever_it_is() -> None:
    apart = np.s_[70:100, 220:250]
    out = kept(nearness(apart, CUP), joined=False)
    assert out[apart].mean() > 0.95 and out[CUP].mean() > 0.95
    assert out[:60, :100].max() == 0.0


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize(
    "depth",
    [
        np.full((H, W), 0.5, np.float32),
        np.full((H, W), np.nan, np.float32),
        np.where(person() > 0, np.float32(0.1), np.float32(0.9)),
        np.where(person() > 0, np.float32(np.inf), np.float32(0.1)),
        np.where(person() > 0, np.float32(np.nan), np.float32(0.1)),
        np.full((H, W), np.inf, np.float32),
        np.random.default_rng(0).random((H, W), np.float32),
    ],
    ids=["flat", "nan", "the room nearer", "inf person", "nan person", "inf", "noise"],
)
def test_depth_that_does_not_tell_her_from_the_room_adds_nothing(depth: Floats, joined: bool) -> None:
    assert np.array_equal(kept(depth, joined=joined), person())


@pytest.mark.parametrize("joined", [True, False])
def test_a_mistake_never_shows_most_of_the_room(joined: bool) -> None:
    depth = np.full((H, W), 0.9, np.float32)
    depth[:, :60] = 0.1
    assert np.array_equal(kept(depth, joined=joined), person())


def test_nobody_holds_nothing() -> None:
    empty = np.zeros((H, W), np.float32)
    assert np.array_equal(kept(nearness(CUP), empty), empty)
    everywhere = np.ones((H, W), np.float32)
    assert np.array_equal(kept(nearness(CUP), everywhere), everywhere)


def test_a_matte_that_is_no_number_stays_one() -> None:
    alpha = person()
    alpha[80, 180] = np.nan
    assert np.isnan(kept(nearness(CUP), alpha)[80, 180])


@pytest.mark.parametrize("value", [-np.inf, -7.0])
@pytest.mark.parametrize("place", [(80, 180), (2, 2)])
def test_a_matte_below_all_coverage_is_left_to_the_plan(value: float, place: tuple[int, int]) -> None:
    alpha = person()
    alpha[place] = value
    assert kept(nearness(CUP), alpha)[place] == value


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (17, 23), (45, 80)])
@pytest.mark.parametrize("joined", [True, False])
def test_awkward_sizes(shape: tuple[int, int], joined: bool) -> None:
    rng = np.random.default_rng(1)
    alpha = rng.random(shape, np.float32)
    out = kept(rng.random(shape, np.float32), alpha, joined=joined)
    assert (out >= alpha).all() and (out <= 1.0).all()


def frames(depths: list[Floats]) -> list[Floats]:
    keeper, found = NearKeeper(Size(W, H), joined=True), []
    for depth in depths:
        out = np.empty((H, W), np.float32)
        keeper(person(), depth, out)
        found.append(out)
    return found


def test_one_frame_in_which_a_thing_seems_farther_hardly_shows() -> None:
    doubtful = nearness(CUP, value=0.68)
    assert kept(doubtful)[CUP].max() == 0.0
    shown = frames([nearness(CUP)] * 8 + [doubtful] + [nearness(CUP)])
    assert shown[7][CUP].mean() > 0.9
    assert shown[8][CUP].mean() > 0.7
    assert shown[9][CUP].mean() > 0.8


def test_what_is_there_for_one_frame_only_is_half_there() -> None:
    shown = frames([nearness()] * 3 + [nearness(CUP)])
    assert 0.4 < shown[3][CUP].mean() < 0.6


def test_what_has_moved_on_leaves_no_trail() -> None:
    moved = np.s_[110:140, 170:200]
    shown = frames([nearness(CUP)] * 8 + [nearness(moved)])
    assert shown[8][72:98, 172:198].max() == 0.0


def test_forgotten_is_as_new() -> None:
    keeper, out = NearKeeper(Size(W, H), joined=True), np.empty((H, W), np.float32)
    for _ in range(5):
        keeper(person(), nearness(CUP), out)
    keeper.forget()
    keeper(person(), nearness(CUP, value=0.68), out)
    assert np.array_equal(out, person())


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("size", [Size(W, H), Size(1, 1), Size(3, 2)], ids=str)
def test_a_rehearsal_is_forgotten(size: Size, joined: bool) -> None:
    keeper, shape = NearKeeper(size, joined=joined), (size.height, size.width)
    keeper.rehearse()
    alpha, out = np.zeros(shape, np.float32), np.empty(shape, np.float32)
    keeper(alpha, np.ones(shape, np.float32), out)
    assert not out.any() and not keeper._state.any()


def test_other_sizes_and_types_are_refused() -> None:
    keeper = NearKeeper(Size(W, H), joined=True)
    out = np.empty((H, W), np.float32)
    with pytest.raises(ValueError, match=r"nearness must be \(160, 288\) float32, not \(160, 280\) float32"):
        keeper(person(), nearness()[:, :280], out)
    with pytest.raises(ValueError, match=r"alpha must be \(160, 288\) float32, not \(160, 288\) float64"):
        keeper(person().astype(np.float64), nearness(), out)


def test_a_plane_is_refitted_to_another_size() -> None:
    out = np.empty((20, 30), np.float32)
    refit(np.linspace(0, 1, 15, dtype=np.float32)[None].repeat(5, 0), out)
    assert out[:, 0].max() == 0.0 and out[:, -1].min() == 1.0 and (np.diff(out[3]) >= 0).all()
    with pytest.raises(ValueError, match=r"plane must be \(h, w\) float32, not \(5,\) float32"):
        refit(np.zeros(5, np.float32), out)
