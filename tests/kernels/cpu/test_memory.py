"""Memory that moves with the picture, against a slow oracle, and what it must never do: trail, stick, spread NaN."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.bands import use_bands
from livecut.kernels.cpu.memory import AlphaMemory, remember
from livecut.types import Motion, Plane, Plane8, Size


def motion_of(size: Size, seed: int = 2, reach: float = 3.0) -> Motion:
    rng = np.random.default_rng(seed)
    shape = (size.height, size.width)
    dx, dy = (rng.uniform(-reach, reach, shape).astype(np.float32) for _ in range(2))
    return Motion(dx, dy, rng.uniform(0, 1, shape).astype(np.float32), 1, 0)


def at_rest(size: Size) -> Motion:
    zero = np.zeros((size.height, size.width), np.float32)
    return Motion(zero, zero, zero + 1, 1, 0)


def looked_up(plane: NDArray[np.float64], x: float, y: float) -> float:
    h, w = plane.shape
    x, y = min(max(x, 0.0), w - 1.0), min(max(y, 0.0), h - 1.0)
    left, top = int(x), int(y)
    right, bottom = min(left + 1, w - 1), min(top + 1, h - 1)
    a, b = x - left, y - top
    upper = plane[top, left] * (1 - a) + plane[top, right] * a
    return float(upper * (1 - b) + (plane[bottom, left] * (1 - a) + plane[bottom, right] * a) * b)


SIZES = [Size(1, 1), Size(1, 7), Size(9, 1), Size(13, 5), Size(33, 18)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keep", [0.0, 0.6, 1.0])
def test_soft_mattes_against_the_oracle(size: Size, keep: float) -> None:
    rng = np.random.default_rng(4)
    shape = (size.height, size.width)
    matte, before = (rng.uniform(0, 1, shape).astype(np.float32) for _ in range(2))
    motion, out = motion_of(size), np.empty(shape, np.float32)
    remember(matte, before, motion, keep, out)
    for y in range(size.height):
        for x in range(size.width):
            old = looked_up(before.astype(np.float64), x + motion.dx[y, x], y + motion.dy[y, x])
            change = old - matte[y, x]
            kept = min(keep, 0.9) * motion.same[y, x] * (1 - 0.3 * min(1, abs(change) / 0.5))
            assert out[y, x] == pytest.approx(matte[y, x] + kept * change, abs=1e-5)


@pytest.mark.parametrize("plane_size", [Size(1, 1), Size(5, 3), Size(16, 9)])
@pytest.mark.parametrize("size", SIZES)
def test_alphas_against_the_oracle(size: Size, plane_size: Size) -> None:
    rng = np.random.default_rng(6)
    shape = (size.height, size.width)
    fresh, held = (rng.choice([1, 90, 200, 254], shape).astype(np.uint8) for _ in range(2))
    motion, out = motion_of(plane_size, reach=1.0), np.empty(shape, np.uint8)
    AlphaMemory(size, plane_size, 0.7)(fresh, held, motion, out)
    assert_as_the_oracle(size, plane_size, fresh, held, motion, out)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_large_alphas_of_sure_and_unsure_parts_against_the_oracle(threads: int) -> None:
    size, plane_size = Size(203, 77), Size(48, 17)
    fresh = np.zeros((size.height, size.width), np.uint8)
    fresh[20:, 40:150] = 255
    held = np.roll(fresh, (2, -3), (0, 1))
    fresh[30:33, 150:170], held[50, 60:66], fresh[5:9, 3] = 77, 200, 255
    motion, out = motion_of(plane_size, reach=2.0), np.empty_like(fresh)
    use_bands(threads)
    AlphaMemory(size, plane_size, 0.7)(fresh, held, motion, out)
    use_bands(1)
    at_rest = (fresh == held) & ((fresh == 0) | (fresh == 255))
    for y, x in zip(*np.nonzero(at_rest), strict=True):
        # Sure and sure before for the whole run of pixels: left alone, whatever lies where it came from.
        first = x // 64 * 64 + x % 64 // 16 * 16
        run = (slice(y, y + 1), slice(first, first + 16))
        if at_rest[run].all() and len(np.unique(fresh[run])) == 1:
            assert out[y, x] == fresh[y, x]
        else:
            at_rest[y, x] = False
    assert_as_the_oracle(size, plane_size, fresh, held, motion, out, skip=at_rest)


def assert_as_the_oracle(
    size: Size,
    plane_size: Size,
    fresh: Plane8,
    held: Plane8,
    motion: Motion,
    out: Plane8,
    skip: NDArray[np.bool_] | None = None,
) -> None:
    for y in range(size.height):
        for x in range(size.width):
            if skip is not None and skip[y, x]:
                continue
            i = (x + 0.5) * plane_size.width / size.width - 0.5
            j = (y + 0.5) * plane_size.height / size.height - 0.5
            dx = looked_up(motion.dx.astype(np.float64), i, j) * size.width / plane_size.width
            dy = looked_up(motion.dy.astype(np.float64), i, j) * size.height / plane_size.height
            kept = 0.7 * looked_up(motion.same.astype(np.float64), i, j)
            old = looked_up(held.astype(np.float64), x + dx, y + dy)
            expected = fresh[y, x] + kept * (old - fresh[y, x])
            assert abs(float(out[y, x]) - expected) <= 1.01


def test_a_sure_run_that_was_sure_before_is_left_alone() -> None:
    size = Size(40, 2)
    fresh = np.full((2, 40), 255, np.uint8)
    held = fresh.copy()
    held[0, 20:] = 0
    out = np.empty_like(fresh)
    AlphaMemory(size, Size(5, 2), 0.5)(fresh, held, at_rest(Size(5, 2)), out)
    assert (out[1] == 255).all() and (out[0, :16] == 255).all()
    assert (out[0, 21:] == 128).all()


@pytest.mark.parametrize("value", [0, 97, 255])
@pytest.mark.parametrize("start", [0, 128, 255])
def test_at_rest_the_new_value_is_reached_to_the_last_level(value: int, start: int) -> None:
    size = Size(3, 3)
    memory, fresh = AlphaMemory(size, size, 1.0), np.full((3, 3), value, np.uint8)
    held, out = np.full((3, 3), start, np.uint8), np.empty((3, 3), np.uint8)
    for _ in range(60):
        memory(fresh, held, at_rest(size), out)
        held, out = out, held
    assert (held == value).all()


def test_what_looks_different_has_no_past() -> None:
    size = Size(4, 3)
    zero = np.zeros((3, 4), np.float32)
    motion = Motion(zero, zero, zero, 1, 0)
    out, out8 = np.empty((3, 4), np.float32), np.empty((3, 4), np.uint8)
    remember(zero, zero + 1, motion, 1.0, out)
    AlphaMemory(size, size, 1.0)(np.zeros((3, 4), np.uint8), np.full((3, 4), 255, np.uint8), motion, out8)
    assert not out.any() and not out8.any()


def test_a_fault_of_the_network_lasts_for_its_own_frame_only() -> None:
    size = Size(4, 3)
    good = np.full((3, 4), 0.5, np.float32)
    for bad in (np.nan, np.inf, -np.inf):
        broken, out = np.full((3, 4), bad, np.float32), np.empty((3, 4), np.float32)
        remember(good, broken, at_rest(size), 0.9, out)
        assert (out == 0.5).all()
        remember(broken, good, at_rest(size), 0.9, out)
        assert not np.isfinite(out).any()


def test_what_does_not_fit_is_refused() -> None:
    size = Size(4, 3)
    plane: Plane = np.zeros((3, 4), np.float32)
    alpha: Plane8 = np.zeros((3, 4), np.uint8)
    with pytest.raises(ValueError, match="before must be"):
        remember(plane, np.zeros((2, 4), np.float32), at_rest(size), 0.5, plane.copy())
    with pytest.raises(ValueError, match="dx must be"):
        remember(plane, plane, at_rest(Size(3, 3)), 0.5, plane.copy())
    with pytest.raises(ValueError, match=r"^keep must be 0 … 1, not 1.5$"):
        remember(plane, plane, at_rest(size), 1.5, plane.copy())
    with pytest.raises(ValueError, match=r"^keep must be 0 … 1, not -1$"):
        AlphaMemory(size, size, -1)
    with pytest.raises(ValueError, match="held must be"):
        AlphaMemory(size, size, 0.5)(alpha, alpha[:2], at_rest(size), alpha.copy())
    with pytest.raises(ValueError, match="dx must be"):
        AlphaMemory(size, size, 0.5)(alpha, alpha, at_rest(Size(2, 2)), alpha.copy())
