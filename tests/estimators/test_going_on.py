"""What is smoothed over time goes on when another plan takes over, as if there had been one all the time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from livecut.estimators.gated import Gated
from livecut.estimators.kept import Kept
from livecut.estimators.refined import Refined
from livecut.estimators.smoothed import Smoothed
from livecut.estimators.stable_depth import StableDepth
from livecut.estimators.strided import Strided
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Matte, Pixels, Plane, Size, SoftMatte

GRID, COARSE, FULL = Size(96, 64), Size(72, 48), Size(192, 128)
COUNT, SWAP = 9, 5


class Seeing:
    """A network that answers frame `index` with the matte of that number, at its own size."""

    gives = frozenset({Need.MATTE, Need.DEPTH})

    def __init__(self, mattes: Sequence[Plane]) -> None:
        self._mattes = mattes
        self.plane_size: Size | None = Size(mattes[0].shape[1], mattes[0].shape[0])

    def estimate(self, frame: Frame) -> Estimate:
        matte = self._mattes[frame.index % len(self._mattes)]
        depth = np.repeat(np.linspace(0, 1, matte.shape[0], dtype=np.float32)[:, np.newaxis], matte.shape[1], 1)
        return Estimate(
            SoftMatte(matte, frame.index, frame.captured_ns),
            DepthMap(depth * (1 + frame.index % 3) + frame.index, frame.index, frame.captured_ns),
        )

    def reset(self) -> None: ...

    def close(self) -> None: ...


def _frames() -> list[Frame]:
    """A room that pans slowly, with a sensor's noise."""
    rng = np.random.default_rng(5)
    room = np.kron(rng.integers(40, 220, (24, 36, 3)), np.ones((8, 8, 1))).astype(np.int64)
    shown = [room[20:148, 20 + k : 212 + k] + rng.integers(-3, 4, (128, 192, 3)) for k in range(COUNT)]
    return [Frame(np.clip(one, 0, 255).astype(np.uint8), k, k * 33_333_333) for k, one in enumerate(shown)]


def _mattes(size: Size) -> list[Plane]:
    """A person whose edge flickers as networks' edges do."""
    rng = np.random.default_rng(6)
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    reach = np.hypot((x / size.width - 0.5) / 0.25, (y / size.height - 0.6) / 0.4)
    return [np.clip(1.5 - reach + rng.normal(0, 0.2), 0, 1).astype(np.float32) for _ in range(COUNT)]


def _warm(smoothed: Smoothed, refined: Refined) -> None:
    """As a plan does before it is used."""
    grey = Frame(np.full((FULL.height, FULL.width, 3), 128, np.uint8), 0, 0)
    _look(smoothed, refined, grey)
    smoothed.reset()
    refined.reset()


def _look(smoothed: Smoothed, refined: Refined, frame: Frame) -> Matte:
    matte = smoothed.estimate(frame).matte
    assert matte is not None
    return refined.refine(frame, matte)


def _parts(size: Size) -> tuple[Smoothed, Refined]:
    smoothed, refined = Smoothed(Seeing(_mattes(size)), 0.75), Refined(FULL, smooth=0.75, specks=0.0)
    _warm(smoothed, refined)
    return smoothed, refined


def _alphas(sizes: tuple[Size, Size], *, handed: bool) -> list[Pixels]:
    (first, first_refined), (second, second_refined) = map(_parts, sizes)
    found = []
    for frame in _frames():
        if frame.index == SWAP and handed:
            second.go_on_from(first)
            second_refined.go_on_from(first_refined)
        smoothed, refined = (first, first_refined) if frame.index < SWAP else (second, second_refined)
        found.append(_look(smoothed, refined, frame).alpha.copy())
    for part in (first, second):
        part.close()
    return found


def _jump(alphas: list[Pixels]) -> float:
    return float(np.abs(alphas[SWAP].astype(int) - alphas[SWAP - 1]).mean())


def test_on_the_same_grid_it_goes_on_as_if_nothing_had_happened() -> None:
    smoothed, refined = _parts(GRID)
    alone = [_look(smoothed, refined, frame).alpha.copy() for frame in _frames()]
    smoothed.close()
    handed = _alphas((GRID, GRID), handed=True)
    for one, other in zip(alone, handed, strict=True):
        np.testing.assert_array_equal(one, other)
    afresh = _alphas((GRID, GRID), handed=False)
    assert (afresh[SWAP] != handed[SWAP]).any()


@pytest.mark.parametrize("sizes", [(GRID, GRID), (GRID, COARSE), (COARSE, GRID)])
def test_the_change_is_seen_less_than_half_as_much_whatever_the_grid(sizes: tuple[Size, Size]) -> None:
    assert _jump(_alphas(sizes, handed=True)) < 0.5 * _jump(_alphas(sizes, handed=False))


def test_nothing_is_taken_that_is_no_matte() -> None:
    broken = [np.full((GRID.height, GRID.width), value, np.float32) for value in (0.5, np.nan, np.inf, 2.0)]
    for index in range(1, len(broken)):
        earlier = Smoothed(Seeing([broken[index]]), 0.75)
        earlier.estimate(_frames()[0])
        later, refined = _parts(GRID)
        later.go_on_from(earlier)
        frame = _frames()[1]
        afresh, afresh_refined = _parts(GRID)
        np.testing.assert_array_equal(_look(later, refined, frame).alpha, _look(afresh, afresh_refined, frame).alpha)
        for part in (earlier, later, afresh):
            part.close()


@pytest.mark.parametrize("other", [None, Strided(Seeing(_mattes(GRID)), 2)], ids=["none", "another kind"])
def test_another_kind_or_one_that_has_seen_nothing_gives_nothing(other: Estimator | None) -> None:
    later, refined = _parts(GRID)
    later.go_on_from(Smoothed(Seeing(_mattes(GRID)), 0.75) if other is None else other)
    refined.go_on_from(other)
    afresh, afresh_refined = _parts(GRID)
    frame = _frames()[3]
    np.testing.assert_array_equal(_look(later, refined, frame).alpha, _look(afresh, afresh_refined, frame).alpha)


def test_depth_keeps_its_scale_and_what_is_held_its_shape() -> None:
    def chain() -> Kept:
        inner = StableDepth(
            Smoothed(Strided(Gated(Seeing(_mattes(GRID)), threshold=4, max_age_ns=10**9), 1), 0.5), 0.9, 0.5
        )
        kept = Kept([inner], "near")
        kept.estimate(Frame(np.full((FULL.height, FULL.width, 3), 128, np.uint8), 0, 0))
        kept.reset()
        return kept

    def links(kept: Kept) -> list[object]:
        found: list[object] = []
        ahead: list[Estimator] = [kept]
        while ahead:
            one = ahead.pop()
            found.append(one)
            ahead += getattr(one, "inner", ())
        return found

    alone, first, second = chain(), chain(), chain()
    assert [type(one).__name__ for one in links(alone)] == [
        "Kept",
        "StableDepth",
        "Smoothed",
        "Strided",
        "Gated",
        "Seeing",
    ]
    for frame in _frames():
        if frame.index == SWAP:
            for one, other in zip(links(second), links(first), strict=True):
                if hasattr(one, "go_on_from"):
                    one.go_on_from(other)
        expected, found = alone.estimate(frame), (first if frame.index < SWAP else second).estimate(frame)
        assert expected.matte and found.matte and expected.depth and found.depth
        np.testing.assert_array_equal(found.matte.alpha, expected.matte.alpha)
        np.testing.assert_array_equal(found.depth.nearness, expected.depth.nearness)
