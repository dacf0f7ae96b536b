"""Small people are looked at in parts of the picture, and all looks agree on where they stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.estimators.tiled import Tiled
from livecut.kernels.cpu.geometry import Box
from livecut.kernels.cpu.tiles import are_small, blended, tiles
from livecut.protocols import Need
from livecut.types import DepthMap, Estimate, Frame, Plane, Size, SoftMatte

PLANE = Size(48, 27)


class Seer:
    """Finds what is white; its planes are its own memory, overwritten at each call; parts are dimmer by `fade`."""

    gives = frozenset({Need.MATTE, Need.DEPTH, Need.HELD})
    plane_size = PLANE

    def __init__(self, fade: float = 1.0) -> None:
        self.sizes: list[Size] = []
        self._fade = fade
        self._alpha: Plane = np.zeros((PLANE.height, PLANE.width), np.float32)
        self._held: Plane = np.zeros_like(self._alpha)
        self.resets = self.closed = 0

    def estimate(self, frame: Frame) -> Estimate:
        self.sizes.append(frame.size)
        rows = np.arange(PLANE.height) * frame.size.height // PLANE.height
        columns = np.arange(PLANE.width) * frame.size.width // PLANE.width
        scale = np.float32(1 / 255 if len(self.sizes) == 1 else self._fade / 255)
        np.multiply(frame.bgr[rows][:, columns, 0], scale, out=self._alpha)
        np.subtract(1, self._alpha, out=self._held)
        return Estimate(SoftMatte(self._alpha, 3, 4), DepthMap(self._alpha, 3, 4), SoftMatte(self._held, 3, 4))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed += 1


def _frame(size: Size, box: tuple[int, int, int, int]) -> Frame:
    bgr = np.zeros((size.height, size.width, 3), np.uint8)
    x, y, width, height = box
    bgr[y : y + height, x : x + width] = 255
    return Frame(bgr, 3, 4)


def test_small_people_are_seen_in_parts_and_more_finely() -> None:
    seer = Seer()
    tiled = Tiled(seer)
    estimate = tiled.estimate(_frame(Size(640, 360), (290, 150, 60, 103)))
    assert seer.sizes == [Size(640, 360), *[Size(397, 223)] * 4]
    assert estimate.matte is not None
    assert estimate.depth is not None
    assert estimate.held is not None
    alpha = estimate.matte.alpha
    assert tiled.plane_size == Size(alpha.shape[1], alpha.shape[0])
    assert alpha.shape == estimate.depth.nearness.shape == estimate.held.alpha.shape
    assert alpha.shape[1] > 1.5 * PLANE.width
    assert (estimate.matte.frame_index, estimate.matte.captured_ns) == (3, 4)
    scale = 640 / alpha.shape[1]
    ys, xs = np.nonzero(alpha > 0.5)
    assert xs.min() * scale == pytest.approx(290, abs=14)
    assert (xs.max() + 1) * scale == pytest.approx(350, abs=14)
    assert ys.min() * scale == pytest.approx(150, abs=14)
    assert (ys.max() + 1) * scale == pytest.approx(253, abs=14)
    np.testing.assert_allclose(estimate.held.alpha, 1 - alpha, atol=1e-5)


def test_the_whole_counts_as_much_as_all_parts() -> None:
    estimate = Tiled(Seer(fade=0.5)).estimate(_frame(Size(640, 360), (290, 150, 60, 103)))
    assert estimate.matte is not None
    assert estimate.matte.alpha.max() == pytest.approx(0.75, abs=1e-5)


@pytest.mark.parametrize("box", [(0, 0, 640, 360), (100, 100, 200, 200), (0, 0, 0, 0)])
def test_who_is_large_or_not_there_needs_one_look(box: tuple[int, int, int, int]) -> None:
    seer = Seer()
    estimate = Tiled(seer).estimate(_frame(Size(640, 360), box))
    assert len(seer.sizes) == 1
    assert estimate.matte is not None
    assert estimate.matte.alpha.shape == (PLANE.height, PLANE.width)


def test_a_tiny_picture_is_not_cut() -> None:
    seer = Seer()
    Tiled(seer).estimate(_frame(Size(48, 40), (20, 10, 6, 10)))
    assert seer.sizes == [Size(48, 40)]


@given(st.integers(60, 3000), st.integers(60, 3000))
def test_parts_cover_the_picture_and_lie_in_it(width: int, height: int) -> None:
    covered = np.zeros((height, width), np.bool_)
    for box in tiles(Size(width, height)):
        assert 0 <= box.x <= box.x + box.width <= width
        assert 0 <= box.y <= box.y + box.height <= height
        assert box.width / width == pytest.approx(box.height / height, abs=0.02)
        covered[box.y : box.y + box.height, box.x : box.x + box.width] = True
    assert covered.all()


@given(st.integers(60, 700), st.integers(60, 700), st.floats(0, 1, width=32), st.floats(0, 1, width=32))
def test_what_all_agree_on_stays(width: int, height: int, whole: float, part: float) -> None:
    size = Size(width, height)
    looks = [(box, np.full((20, 30), part, np.float32)) for box in tiles(size)]
    found = blended(np.full((18, 32), whole, np.float32), looks, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, (whole + part) / 2, atol=1e-5)


def test_a_part_counts_less_towards_its_border() -> None:
    size, sides = Size(100, 60), (Box(0, 0, 62, 60), Box(38, 0, 62, 60))
    looks = [(box, np.full((60, 62), value, np.float32)) for box, value in zip(sides, (0.0, 1.0), strict=True)]
    row = blended(np.full((60, 100), 0.5, np.float32), looks, size)[30]
    assert (np.diff(row) >= -1e-6).all()
    assert row[40] < 0.3
    assert row[49] == pytest.approx(0.5, abs=0.02)
    assert row[60] > 0.7


def test_small_is_a_share_of_the_picture() -> None:
    alpha = np.zeros((10, 100), np.float32)
    assert not are_small(alpha)
    alpha.reshape(-1)[:119] = 0.6
    assert are_small(alpha)
    alpha.reshape(-1)[:120] = 0.6
    assert not are_small(alpha)
    alpha[:] = 0.4
    assert not are_small(alpha)


def test_it_hands_on_what_is_not_its_own() -> None:
    seer = Seer()
    tiled = Tiled(seer)
    tiled.reset()
    tiled.close()
    assert (seer.resets, seer.closed, tiled.gives, tiled.plane_size) == (1, 1, seer.gives, None)


def test_depth_alone_is_refused() -> None:
    seer = Seer()
    seer.gives = frozenset({Need.DEPTH})
    with pytest.raises(ValueError, match="looking at parts is for mattes"):
        Tiled(seer)
