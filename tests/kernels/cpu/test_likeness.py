"""Likeness along a motion, against a slow oracle."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.likeness import likeness
from livecut.types import Pixels

SHAPES = [(1, 1), (1, 9), (7, 1), (2, 2), (13, 21), (20, 67)]


def at(picture: Pixels, x: float, y: float) -> NDArray[np.float64]:
    h, w, _ = picture.shape
    left, top = min(int(x), max(w - 2, 0)), min(int(y), max(h - 2, 0))
    right, bottom = min(left + 1, w - 1), min(top + 1, h - 1)
    a, b = x - left, y - top
    p = picture.astype(np.float64)
    upper = p[top, left] * (1 - a) + p[top, right] * a
    lower: NDArray[np.float64] = p[bottom, left] * (1 - a) + p[bottom, right] * a
    mixed: NDArray[np.float64] = upper * (1 - b) + lower * b
    return mixed


def four(picture: Pixels) -> NDArray[np.uint8]:
    """With a fourth byte each, which says nothing."""
    noise = np.random.default_rng(4).integers(0, 256, (*picture.shape[:2], 1), dtype=np.uint8)
    return np.ascontiguousarray(np.concatenate([picture, noise], axis=2))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reach", [0.0, 0.4, 3.0])
def test_against_the_oracle(shape: tuple[int, int], reach: float) -> None:
    h, w = shape
    rng = np.random.default_rng(h + w)
    before = rng.integers(80, 120, (h, w, 3), dtype=np.uint8)
    now = np.clip(np.roll(before, 1, axis=1).astype(np.int16) + rng.integers(-6, 7, (h, w, 3)), 0, 255).astype(np.uint8)
    flow = rng.uniform(-reach, reach, (h, w, 2)).astype(np.float32)
    flow[h // 2 :, :] = (-1.0, 0.0)
    dx, dy, same = (np.full(shape, np.nan, np.float32) for _ in range(3))
    mean = likeness(four(now), four(before), flow, dx, dy, same)
    for y in range(h):
        for x in range(w):
            still = np.abs(before[y, x].astype(float) - now[y, x]).max()
            u, v = (float(part) for part in flow[y, x])
            moved = np.inf
            if 0 <= x + u <= w - 1 and 0 <= y + v <= h - 1:
                moved = np.abs(at(before, x + u, y + v) - now[y, x]).max()
            least = min(still, moved)
            assert same[y, x] == pytest.approx(max(0.0, 1.0 - (least / 24.0) ** 2), abs=1e-4)
            if abs(moved - still) > 1e-3:
                assert (dx[y, x], dy[y, x]) == ((flow[y, x, 0], flow[y, x, 1]) if moved < still else (0.0, 0.0))
    assert mean == pytest.approx(float(same.mean()), abs=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_a_motion_that_is_none_is_not_followed(value: float) -> None:
    before = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    flow = np.full((5, 6, 2), value, np.float32)
    dx, dy, same = (np.empty((5, 6), np.float32) for _ in range(3))
    assert likeness(four(before[::-1].copy()), four(before), flow, dx, dy, same) < 1.0
    assert not dx.any() and not dy.any() and np.isfinite(same).all()


def test_what_does_not_fit_is_refused() -> None:
    picture, plane = np.zeros((4, 5, 4), np.uint8), np.zeros((4, 5), np.float32)
    flow = np.zeros((4, 5, 2), np.float32)
    with pytest.raises(ValueError, match=r"^flow must be float32 \(4, 5, 2\), not float64 \(4, 5, 2\)$"):
        likeness(picture, picture, flow.astype(np.float64), plane, plane, plane)
    with pytest.raises(ValueError, match=r"^before must be uint8 \(4, 5, 4\), not uint8 \(3, 5, 4\)$"):
        likeness(picture, picture[:3], flow, plane, plane, plane)
    with pytest.raises(ValueError, match=r"^now must be uint8 \(4, 5, 4\), not uint8 \(4, 5, 3\)$"):
        likeness(np.zeros((4, 5, 3), np.uint8), picture, flow, plane, plane, plane)
