"""The flow is that of the plain functions, patch by patch and pixel by pixel; pans are found, whatever the light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels import inverse_search as plain
from livecut.kernels.cpu.inverse_search import FINEST, DenseInverseSearch
from livecut.types import Plane8, Size


def textured(size: Size, seed: int = 0, soft: float = 3.5) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).uniform(0, 255, (size.height, size.width)).astype(np.float32)
    calm = cv2.GaussianBlur(noise, (0, 0), soft)
    return np.asarray((calm - calm.mean()) * (40 / calm.std()) + 128, np.float32)


def moved(plane: NDArray[np.float32], u: float, v: float, light: float = 0.0) -> Plane8:
    """What each place of `plane` shows at its own place plus (u, v)."""
    matrix = np.array([[1.0, 0.0, u], [0.0, 1.0, v]])
    shown = cv2.warpAffine(plane + light, matrix, plane.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.clip(shown, 0, 255).astype(np.uint8)


def halved(grey: Plane8) -> Plane8:
    height, width = grey.shape[0] // 2, grey.shape[1] // 2
    wide = grey[: 2 * height, : 2 * width].astype(np.int64)
    return np.asarray((wide.reshape(height, 2, width, 2).sum(axis=(1, 3)) + 2) // 4, np.uint8)


def unlike(now: Plane8, before: Plane8, left: int, top: int, u: float, v: float) -> float:
    """Sum of squares of what is left between a patch and where it may have been, light apart."""
    height, width = now.shape
    y, x = np.mgrid[top : top + plain.SIDE, left : left + plain.SIDE]
    at_y, at_x = np.clip(y + v, 0, height - 1), np.clip(x + u, 0, width - 1)
    j, i = np.minimum(at_y.astype(int), height - 2), np.minimum(at_x.astype(int), width - 2)
    b, a = at_y - j, at_x - i
    picture = before.astype(np.float64)
    upper = picture[j, i] * (1 - a) + picture[j, i + 1] * a
    lower = picture[j + 1, i] * (1 - a) + picture[j + 1, i + 1] * a
    off = upper * (1 - b) + lower * b - now[y, x]
    return float(np.var(off) * off.size)


def oracle(now: Plane8, before: Plane8) -> NDArray[np.float32]:
    """The same, one patch and one pixel at a time."""
    pictures = [(now, before)]
    for _ in range(max(FINEST, plain.coarsest_level(now.shape[1], now.shape[0]))):
        pictures.append((halved(pictures[-1][0]), halved(pictures[-1][1])))
    u = v = np.zeros((0, 0), np.float32)
    for one, other in reversed(pictures[FINEST:]):
        height, width = one.shape
        flat, flat_before = one.reshape(-1), other.reshape(-1)
        columns, rows = plain.patch_count(width), plain.patch_count(height)
        found = np.zeros((2, rows, columns), np.float32)
        for step in (-1, 1):
            for row, column in list(np.ndindex(rows, columns))[::-step]:
                left = min(column * plain.STRIDE, width - plain.SIDE)
                top = min(row * plain.STRIDE, height - plain.SIDE)
                own = found[:, row, column].copy()
                if step < 0 and u.size:
                    y, x = min((top + 4) // 2, u.shape[0] - 1), min((left + 4) // 2, u.shape[1] - 1)
                    own[:] = 2 * u[y, x], 2 * v[y, x]
                first = own
                for j, i in ((row, column + step), (row + step, column)):
                    if 0 <= j < rows and 0 <= i < columns and ((own - found[:, j, i]) ** 2).sum() > 0.01:
                        near = found[:, j, i].copy()
                        if unlike(one, other, left, top, *near) < unlike(one, other, left, top, *own):
                            own = near
                if step < 0 or own is not first:
                    found[:, row, column] = plain.patch_motion(flat, flat_before, width, height, left, top, *own)
        patches = found.reshape(2, -1)
        u, v = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
        for y, x in np.ndindex(height, width):
            u[y, x], v[y, x] = plain.dense_motion(
                flat, flat_before, width, height, x, y, patches[0], patches[1], columns, rows
            )
    return np.stack([u, v], axis=2) * np.float32(2**FINEST)


@pytest.mark.parametrize("size", [Size(16, 16), Size(49, 35), Size(72, 40)])
@pytest.mark.parametrize("pan", [(0.0, 0.0), (3.25, -1.5), (-15.0, 9.0)])
def test_it_is_what_the_plain_functions_find(size: Size, pan: tuple[float, float]) -> None:
    plane = textured(size, 3)
    noise = np.random.default_rng(1).integers(0, 4, plane.shape).astype(np.uint8)
    now, before = np.clip(plane, 0, 240).astype(np.uint8) + noise, moved(plane, *pan, light=9.0)
    search = DenseInverseSearch(size)
    search.look(before)
    search.look(now)
    found, wanted = search.find(), oracle(now, before)
    assert found.shape == (size.height >> 1, size.width >> 1, 2)
    # Sums are added up in another order: where two motions look alike, a patch may take the other one.
    off = np.abs(found - wanted)
    assert np.quantile(off, 0.97) < 1e-3 and off.max() < 0.2


@pytest.mark.parametrize("light", [0.0, -30.0])
@pytest.mark.parametrize("pan", [(1.0, 0.5), (-6.0, 5.0), (17.0, -9.0)])
def test_a_pan_is_found(pan: tuple[float, float], light: float) -> None:
    size = Size(288, 160)
    plane = textured(size, 5, soft=7.0)  # a spot has to be wider than the way it goes
    search = DenseInverseSearch(size)
    search.look(moved(plane, *pan, light))
    search.look(moved(plane, 0, 0))
    inner = (slice(15, -15), slice(15, -15))
    assert (np.abs(search.find()[inner] - pan).mean(axis=(0, 1)) < 0.12).all()


def test_each_picture_is_held_against_the_one_before() -> None:
    size = Size(96, 64)
    plane = textured(size, 7)
    search, inner = DenseInverseSearch(size), (slice(8, -8), slice(8, -8))
    search.look(moved(plane, 0, 0))
    before = 0.0
    for place in (4.0, 3.0, 3.0, 9.0):
        search.look(moved(plane, place, 0))
        across = search.find()[inner][:, :, 0]
        # What stands further right than before was to the left of where it is.
        assert abs(float(np.median(across)) + place - before) < 0.2
        before = place


def test_the_same_picture_and_a_flat_one_have_not_moved() -> None:
    size = Size(50, 34)
    for grey in (moved(textured(size), 0, 0), np.full((34, 50), 200, np.uint8)):
        search = DenseInverseSearch(size)
        search.look(grey)
        search.look(grey)
        assert not search.find().any()


def test_nothing_that_is_no_number_comes_of_noise_and_hard_edges() -> None:
    rng, size = np.random.default_rng(9), Size(131, 77)
    search = DenseInverseSearch(size)
    for number in range(12):
        grey = rng.integers(0, 2 if number % 2 else 256, (77, 131)).astype(np.uint8)
        search.look(grey * np.uint8(255 if number % 2 else 1))
        if number:
            assert np.isfinite(search.find()).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"16 pixels a side at least, not 15x40"):
        DenseInverseSearch(Size(15, 40))
    with pytest.raises(ValueError, match=r"^grey must"):
        DenseInverseSearch(Size(40, 20)).look(np.zeros((40, 20), np.uint8))
