"""Measures against slow oracles and cases whose value is known."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.bench import measures
from livecut.bench.measures import Map, Mask


def _disc(height: int, width: int, x: float, y: float, radius: float) -> Mask:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.asarray(np.hypot(columns - x, rows - y) <= radius)


def _as_matte(mask: Mask) -> Map:
    return mask.astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (13, 17), (60, 80)])
def test_overlap_and_difference_against_counting(shape: tuple[int, int], rng: np.random.Generator) -> None:
    matte = rng.random(shape, np.float32)
    mask = rng.random(shape) > 0.4
    inside = outside = both = 0
    total = 0.0
    for place in np.ndindex(*shape):
        guess = matte[place] > 0.5
        both += bool(guess and mask[place])
        inside += bool(guess or mask[place])
        outside += 1
        total += abs(float(matte[place]) - float(mask[place]))
    assert measures.overlap(matte, mask) == pytest.approx(both / inside if inside else 1.0)
    assert measures.difference(matte, mask) == pytest.approx(total / outside, rel=1e-5)


def test_overlap_of_nothing_with_nothing_is_whole() -> None:
    nothing = np.zeros((4, 5), np.bool_)
    assert measures.overlap(_as_matte(nothing), nothing) == 1.0
    assert measures.overlap(_as_matte(~nothing), nothing) == 0.0


def _outline(mask: Mask) -> list[tuple[int, int]]:
    """Pixels of the mask that touch a pixel outside it; the picture's border is no outline."""
    height, width = mask.shape
    found = []
    for y, x in zip(*np.nonzero(mask), strict=True):
        around = mask[max(0, y - 1) : min(height, y + 2), max(0, x - 1) : min(width, x + 2)]
        if not around.all():
            found.append((int(y), int(x)))
    return found


def _boundary(guess: Mask, truth: Mask) -> float:
    """F measure of two outlines, each pixel compared with each: DAVIS' definition, with its tolerance."""
    lines = [_outline(guess), _outline(truth)]
    if not all(lines):
        return float(not any(lines))
    radius = math.ceil(measures.TOLERANCE * math.hypot(*truth.shape))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))

    def near(one: tuple[int, int], others: list[tuple[int, int]]) -> bool:
        offsets = ((one[0] - y, one[1] - x) for y, x in others)
        return any(max(abs(v), abs(u)) <= radius and disk[v + radius, u + radius] for v, u in offsets)

    precision = sum(near(one, lines[1]) for one in lines[0]) / len(lines[0])
    recall = sum(near(one, lines[0]) for one in lines[1]) / len(lines[1])
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@pytest.mark.parametrize("shift", [0.0, 1.0, 3.0, 9.0, 40.0])
def test_boundary_against_comparing_every_pair(shift: float) -> None:
    truth, guess = _disc(60, 90, 40, 30, 17), _disc(60, 90, 40 + shift, 30, 17)
    assert measures.boundary(_as_matte(guess), truth) == pytest.approx(_boundary(guess, truth))


def test_boundary_of_known_cases() -> None:
    truth = _disc(200, 300, 150, 100, 60)
    nothing = np.zeros_like(truth)
    assert measures.boundary(_as_matte(truth), truth) == 1.0
    assert measures.boundary(_as_matte(nothing), truth) == 0.0
    assert measures.boundary(_as_matte(nothing), nothing) == 1.0
    radius = math.ceil(measures.TOLERANCE * math.hypot(200, 300))
    assert measures.boundary(_as_matte(_disc(200, 300, 150, 100, 59 + radius)), truth) == 1.0
    assert measures.boundary(_as_matte(_disc(200, 300, 150, 100, 60 + 3 * radius)), truth) == 0.0


def test_a_person_who_leaves_the_picture_has_no_outline_at_its_border() -> None:
    truth = np.zeros((100, 100), np.bool_)
    truth[40:] = True
    assert len(_outline(truth)) == 100
    assert measures.boundary(_as_matte(truth), truth) == 1.0


@pytest.mark.parametrize(("change", "expected"), [(lambda d: 3 * d + 7, 1.0), (lambda d: -d, -1.0), (np.exp, 1.0)])
def test_ranks_know_order_only(change: object, expected: float, rng: np.random.Generator) -> None:
    depth = np.ascontiguousarray(rng.permutation(96 * 160).reshape(96, 160) / (96 * 160), np.float32)
    changed = np.asarray(change(depth), np.float32)  # type: ignore[operator]
    assert measures.rank_correlation(depth, changed) == pytest.approx(expected, abs=1e-6)


def test_rank_correlation_against_counting_pairs_of_few(rng: np.random.Generator) -> None:
    """Spearman by its own formula, 1 - 6 Σ d² / (n (n² - 1)), on ranks found by counting."""
    one, two = (np.asarray(rng.permutation(96 * 160), np.float32).reshape(96, 160) for _ in range(2))
    n = one.size
    gap: NDArray[np.float64] = one.ravel().astype(np.float64) - two.ravel()
    expected = 1.0 - 6.0 * float((gap**2).sum()) / (n * (n**2 - 1.0))
    assert measures.rank_correlation(one, two) == pytest.approx(expected, abs=1e-6)


def test_fitted_error_ignores_scale_and_shift_and_nothing_else(rng: np.random.Generator) -> None:
    truth = rng.random((96, 160), np.float32)
    assert measures.fitted_error(truth * 0.2 - 5, truth) == pytest.approx(0.0, abs=1e-5)
    flat = np.zeros_like(truth) + rng.random(truth.shape, np.float32) * 1e-6
    around_mean = float(np.abs(truth - truth.mean()).mean() / truth.std())
    assert measures.fitted_error(flat, truth) == pytest.approx(around_mean, rel=0.01)


def test_dtssd_is_nothing_for_a_frozen_truth_and_grows_with_flicker() -> None:
    mask = _disc(40, 50, 25, 20, 10)
    matte = _as_matte(mask) * 0.7
    assert measures.dtssd(matte, matte, mask, mask) == 0.0
    flicker = [measures.dtssd(matte, matte + step, mask, mask) for step in (0.1, 0.2)]
    assert flicker == pytest.approx([0.1, 0.2], rel=1e-5)


def test_dtssd_asks_for_the_true_motion() -> None:
    before, after = _disc(40, 50, 20, 20, 10), _disc(40, 50, 24, 20, 10)
    assert measures.dtssd(_as_matte(before), _as_matte(after), before, after) == 0.0
    moved = np.count_nonzero(before != after)
    frozen = measures.dtssd(_as_matte(before), _as_matte(before), before, after)
    assert frozen == pytest.approx(math.sqrt(moved / before.size))


def _textured(shift: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    noise = cv2.GaussianBlur(rng.integers(0, 256, (120, 200), dtype=np.uint8), (0, 0), 2.0)
    stretched = cv2.normalize(noise, noise.copy(), 0, 255, cv2.NORM_MINMAX)
    return np.asarray(cv2.cvtColor(stretched[:, 20 - shift : 180 - shift], cv2.COLOR_GRAY2BGR), np.uint8)


def test_flow_follows_a_shift_and_the_warping_error_with_it() -> None:
    before, after = (_textured(shift, np.random.default_rng(3)) for shift in (0, 3))
    place, believed = measures.Flow().between(before, after)
    inside = np.zeros_like(believed)
    inside[20:100, 20:140] = True
    assert believed[inside].mean() > 0.95
    steps = place - np.stack(np.meshgrid(np.arange(160), np.arange(120)), -1)
    assert np.median(steps[inside & believed], axis=0) == pytest.approx([-3.0, 0.0], abs=0.2)
    here, there = (_as_matte(_disc(120, 160, x, 60, 25)) for x in (80, 83))
    moved_along = measures.warping_error(here, there, place, believed)
    stood_still = measures.warping_error(here, here, place, believed)
    assert moved_along < 0.5 * stood_still


def test_warping_error_without_believed_motion_is_nothing() -> None:
    plane = np.zeros((4, 5), np.float32)
    place = np.zeros((4, 5, 2), np.float32)
    assert measures.warping_error(plane, plane + 1, place, np.zeros((4, 5), np.bool_)) == 0.0
    assert measures.warping_error(plane, plane + 0.5, place, np.ones((4, 5), np.bool_)) == pytest.approx(0.5)
