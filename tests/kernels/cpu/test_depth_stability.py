"""Depth keeps its scale: what a network makes pump is steady, what moves is followed, a cut starts afresh."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from livecut.kernels.cpu.depth_stability import UNLIKE, DepthStabiliser
from livecut.types import Plane

H, W = 40, 72


def _scene(person_at: int = 20, person: float = 0.9) -> Plane:
    """A wall that recedes to the right, and a person."""
    plane = np.tile(np.linspace(0.35, 0.15, W), (H, 1)).astype(np.float32)
    plane[10:, person_at : person_at + 24] = person
    return plane


def _flicker(planes: list[Plane]) -> float:
    return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(planes)]))


def test_the_first_frame_fills_the_range() -> None:
    out = DepthStabiliser(0.9, 0.25)(_scene())
    assert out.dtype == np.float32
    assert out.min() == 0
    assert out.max() == pytest.approx(1, abs=0.01)
    assert (np.diff(out[0]) <= 0).all(), "nearness keeps its order"


def test_pumping_of_scale_and_shift_is_taken_back() -> None:
    random = np.random.default_rng(2)
    stabiliser = DepthStabiliser(0.9, 0.25)
    pumped = [
        _scene() * np.float32(random.uniform(0.9, 1.1)) + np.float32(random.uniform(-0.05, 0.05)) for _ in range(60)
    ]
    steady = [stabiliser(plane).copy() for plane in pumped]
    assert _flicker(steady[10:]) < 0.15 * _flicker(pumped[10:])


def test_noise_is_calmed_and_contrast_does_not_fade() -> None:
    random = np.random.default_rng(3)
    stabiliser = DepthStabiliser(0.9, 0.25)
    noisy = [_scene() + random.normal(0, 0.02, (H, W)).astype(np.float32) for _ in range(300)]
    steady = [stabiliser(plane).copy() for plane in noisy]
    span = 0.9 - 0.15
    assert _flicker(steady[10:]) < 0.6 * _flicker(noisy[10:]) / span

    def contrast(plane: Plane) -> float:
        return float(plane[20:, 25:40].mean() - plane[:5, -10:].mean())

    assert contrast(steady[-1]) == pytest.approx(contrast(steady[0]), abs=0.03)


def test_something_close_does_not_make_the_wall_jump() -> None:
    """A hand before the lens doubles the range of its own frame; by each frame's extremes the wall would be halved."""
    stabiliser = DepthStabiliser(0.9, 0.25)
    for _ in range(20):
        before = stabiliser(_scene()).copy()
    plane = _scene()
    plane[30:, 50:60] = 2.0
    after = stabiliser(plane)
    assert np.abs(after - before)[:8].mean() < 0.02
    assert after[35, 55] == pytest.approx(1.0)


def test_motion_is_followed_at_once() -> None:
    stabiliser = DepthStabiliser(0.9, 0.25)
    for _ in range(20):
        stabiliser(_scene(20))
    out = stabiliser(_scene(32))
    assert out[30, 52] > 0.9
    assert out[30, 22] < 0.35


def test_a_cut_starts_afresh() -> None:
    stabiliser, fresh = DepthStabiliser(0.9, 0.25), DepthStabiliser(0.9, 0.25)
    for _ in range(10):
        stabiliser(_scene())
    other = np.ascontiguousarray(_scene(40)[:, ::-1] * -3.0 + 5.0)
    assert np.array_equal(stabiliser(other), fresh(other))


def test_a_smaller_change_is_a_cut_where_the_picture_looks_like_none_before() -> None:
    # Half of what a cut changes: somebody who walks through, or another room that is as deep as the one before.
    other = np.ascontiguousarray(_scene(30) * 0.8)

    def after(plane: Plane, *, unlike: bool) -> Plane:
        stabiliser = DepthStabiliser(0.9, 0.25)
        for _ in range(10):
            before = stabiliser(_scene()).copy()
        assert np.abs(DepthStabiliser(0.9, 0.25)(plane) - before).mean() < 0.25
        return stabiliser(plane, unlike=unlike).copy()

    fresh = DepthStabiliser(0.9, 0.25)(other)
    assert np.abs(fresh - DepthStabiliser(0.9, 0.25)(_scene())).mean() > UNLIKE * 0.25
    assert np.array_equal(after(other, unlike=True), fresh)
    assert not np.array_equal(after(other, unlike=False), fresh)
    # A lamp that is switched on changes less: the scale stays.
    lit = _scene() * np.float32(1.05)
    assert np.array_equal(after(lit, unlike=True), after(lit, unlike=False))


def test_reset_and_another_size_start_afresh() -> None:
    stabiliser, fresh = DepthStabiliser(0.9, 0.25), DepthStabiliser(0.9, 0.25)
    stabiliser(_scene())
    stabiliser.reset()
    changed = _scene(person=0.7)
    assert np.array_equal(stabiliser(changed), fresh(changed))
    small = np.ascontiguousarray(_scene()[:7, :9])
    assert stabiliser(small).shape == (7, 9)


def test_a_flat_view_is_not_stretched_into_noise() -> None:
    plane = 0.6 + np.random.default_rng(4).normal(0, 0.005, (H, W)).astype(np.float32)
    out = DepthStabiliser(0.9, 0.25)(plane.astype(np.float32))
    assert out.std() < 0.03


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_what_is_not_finite_comes_back_as_it_is(bad: float) -> None:
    stabiliser = DepthStabiliser(0.9, 0.25)
    stabiliser(_scene())
    plane = _scene()
    plane[3, 4] = bad
    assert stabiliser(plane) is plane
    again = stabiliser(_scene())
    assert np.isfinite(again).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        hnp.arrays(np.float32, (5, 4), elements=st.floats(-(2.0**57), 2.0**57, width=32)),
        min_size=1,
        max_size=5,
    )
)
def test_the_answer_is_always_a_nearness(planes: list[Plane]) -> None:
    stabiliser = DepthStabiliser(0.9, 0.25)
    for plane in planes:
        out = stabiliser(plane)
        assert out.shape == plane.shape
        assert ((out >= 0) & (out <= 1)).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (3, 5)])
def test_awkward_sizes(shape: tuple[int, int]) -> None:
    stabiliser = DepthStabiliser(1.0, 0.25)
    for seed in range(4):
        plane = np.random.default_rng(seed).random(shape).astype(np.float32)
        assert np.isfinite(stabiliser(plane)).all()


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"stabilise 1\.5 or cut_threshold 0\.25 out of range"):
        DepthStabiliser(1.5, 0.25)
    with pytest.raises(ValueError, match=r"nearness must be \(h, w\) float32"):
        DepthStabiliser(0.5, 0.25)(np.zeros((3, 3)))  # type: ignore[arg-type]
