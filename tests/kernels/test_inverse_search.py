"""Patches are found where they were, whatever the light, and what cannot be found stays where it was guessed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels import inverse_search
from livecut.kernels.inverse_search import SIDE, STRIDE, coarsest_level, dense_motion, patch_count, patch_motion


def textured(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width)).astype(np.float32)
    calm = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.asarray((calm - calm.mean()) * 6 + 128, np.float32)


def shifted(plane: NDArray[np.float32], u: float, v: float) -> NDArray[np.uint8]:
    """The picture in which every place of `plane` was at its own place plus (u, v)."""
    moved = cv2.warpAffine(plane, np.array([[1, 0, u], [0, 1, v]]), plane.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.clip(moved, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("u", "v"), [(0.0, 0.0), (1.5, -0.75), (-2.25, 2.0)])
@pytest.mark.parametrize("light", [0.0, 25.0])
def test_a_patch_is_found_where_it_was(u: float, v: float, light: float) -> None:
    plane = textured(32, 40, 5)  # edges run both ways there: along one alone, patches slip
    now, before = plane.clip(0, 255).astype(np.uint8), shifted(plane - light, u, v)
    found = patch_motion(now.reshape(-1), before.reshape(-1), 40, 32, 14, 11, np.float32(0), np.float32(0))
    assert found == pytest.approx((u, v), abs=0.2)


def test_a_guess_is_where_it_begins_and_what_has_no_texture_stays_there() -> None:
    plane = textured(32, 48)
    now, before = plane.clip(0, 255).astype(np.uint8), shifted(plane, 9.0, 0.5)
    guess = np.float32(8), np.float32(0)
    assert patch_motion(now.reshape(-1), before.reshape(-1), 48, 32, 14, 11, *guess) == pytest.approx((9, 0.5), abs=0.2)
    flat = np.full(32 * 48, 90, np.uint8)
    assert patch_motion(flat, flat, 48, 32, 14, 11, *guess) == guess


def test_what_would_go_farther_than_its_side_stays_with_the_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inverse_search, "DAMPING", np.float32(1e-3))  # what is seen from afar is too soft for it
    y, x = np.mgrid[0:48, 0:80].astype(np.float32)
    hill = 200 * np.exp(-((x - 40) ** 2 + (y - 24) ** 2) / 800)
    now = hill.clip(0, 255).astype(np.uint8).reshape(-1)
    near, far = (shifted(hill, u, 0.0).reshape(-1) for u in (6.0, 14.0))
    still = np.float32(0), np.float32(0)
    assert patch_motion(now, near, 80, 48, 30, 14, *still) == pytest.approx((6, 0), abs=0.5)
    assert patch_motion(now, far, 80, 48, 30, 14, *still) == still
    assert patch_motion(now, far, 80, 48, 30, 14, np.float32(8), still[1]) == pytest.approx((14, 0), abs=0.5)


def test_a_patch_of_little_texture_does_not_follow_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = []
    for damping in (inverse_search.DAMPING, np.float32(1e-3)):
        monkeypatch.setattr(inverse_search, "DAMPING", damping)
        found = []
        for seed in range(12):
            rng = np.random.default_rng(seed)
            wall = np.linspace(90, 110, 24)[None, :] + np.zeros((24, 1))
            one, other = ((wall + rng.normal(0, 2, wall.shape)).astype(np.uint8).reshape(-1) for _ in range(2))
            found.append(np.hypot(*patch_motion(one, other, 24, 24, 8, 8, np.float32(0), np.float32(0))))
        ways.append(float(np.mean(found)))
    assert ways[0] < 0.1 < 0.3 < ways[1]


@pytest.mark.parametrize("seed", range(18, 24))  # in one of them the steps lead astray
def test_what_is_found_looks_no_less_alike_than_the_guess(seed: int) -> None:
    rng = np.random.default_rng(seed)
    now, before = (cv2.GaussianBlur(rng.integers(0, 256, (24, 24)).astype(np.uint8), (0, 0), 0.8) for _ in range(2))

    def apart(u: float, v: float) -> float:
        places = np.mgrid[8:16, 8:16].astype(np.float32)
        seen = cv2.remap(before.astype(np.float32), places[1] + np.float32(u), places[0] + np.float32(v), 1)
        return float(np.var(seen - now[8:16, 8:16]))

    u, v = patch_motion(now.reshape(-1), before.reshape(-1), 24, 24, 8, 8, np.float32(0), np.float32(0))
    assert apart(u, v) <= 1.01 * apart(0.0, 0.0)


def test_outside_the_picture_its_border_goes_on() -> None:
    plane = textured(24, 24).clip(0, 255).astype(np.uint8).reshape(-1)
    for left, top in ((0, 0), (16, 0), (0, 16), (16, 16)):
        found = patch_motion(plane, plane, 24, 24, left, top, np.float32(-30), np.float32(30))
        assert np.isfinite(found).all()


@pytest.mark.parametrize("size", [(8, 8), (9, 8), (13, 10), (21, 17)])
def test_a_pixels_motion_is_the_mean_of_the_patches_over_it(size: tuple[int, int]) -> None:
    width, height = size
    rng = np.random.default_rng(width)
    now, before = (rng.integers(0, 256, width * height).astype(np.uint8) for _ in range(2))
    columns, rows = patch_count(width), patch_count(height)
    us, vs = (rng.uniform(-3, 3, columns * rows).astype(np.float32) for _ in range(2))
    lefts = [min(column * STRIDE, width - SIDE) for column in range(columns)]
    tops = [min(row * STRIDE, height - SIDE) for row in range(rows)]
    assert lefts[-1] + SIDE == width and tops[-1] + SIDE == height
    picture = before.reshape(height, width).astype(np.float64)
    for y in range(height):
        for x in range(width):
            total = np.zeros(3)
            for at, (u, v) in enumerate(zip(us, vs, strict=True)):
                left, top = lefts[at % columns], tops[at // columns]
                if left <= x < left + SIDE and top <= y < top + SIDE:
                    along, down = min(max(x + u, 0), width - 1), min(max(y + v, 0), height - 1)
                    i, j = min(int(along), width - 2), min(int(down), height - 2)
                    a, b = along - i, down - j
                    upper = picture[j, i] * (1 - a) + picture[j, i + 1] * a
                    lower = picture[j + 1, i] * (1 - a) + picture[j + 1, i + 1] * a
                    weight = 1 / max(1.0, abs(upper * (1 - b) + lower * b - now[y * width + x]))
                    total += weight * u, weight * v, weight
            found = dense_motion(now, before, width, height, x, y, us, vs, columns, rows)
            assert found == pytest.approx(tuple(total[:2] / total[2]), abs=1e-4)


@pytest.mark.parametrize(("size", "level"), [((48, 48), 1), ((96, 48), 2), ((288, 160), 3), ((160, 288), 3)])
def test_levels_leave_room_for_patches(size: tuple[int, int], level: int) -> None:
    assert coarsest_level(*size) == level
    assert min(size) >> level >= SIDE
