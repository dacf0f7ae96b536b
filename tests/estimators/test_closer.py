"""The second look sees people larger, and both looks agree on where they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.estimators.closer import Closer
from livecut.kernels.cpu.closer import merged, person_window, sees_the_same
from livecut.kernels.cpu.geometry import Box
from livecut.protocols import Need
from livecut.types import DepthMap, Estimate, Frame, Plane, Size, SoftMatte

PLANE = Size(32, 18)


class Seer:
    """Finds what is white; its planes are its own memory, overwritten at each call."""

    gives = frozenset({Need.MATTE, Need.DEPTH})
    plane_size = PLANE

    def __init__(self) -> None:
        self.sizes: list[Size] = []
        self._alpha: Plane = np.zeros((PLANE.height, PLANE.width), np.float32)
        self.resets = self.closed = 0

    def estimate(self, frame: Frame) -> Estimate:
        self.sizes.append(frame.size)
        rows = np.arange(PLANE.height) * frame.size.height // PLANE.height
        columns = np.arange(PLANE.width) * frame.size.width // PLANE.width
        np.divide(frame.bgr[rows][:, columns, 0], 255, out=self._alpha)
        return Estimate(SoftMatte(self._alpha, 0, 0), DepthMap(self._alpha, 0, 0))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed += 1


def _frame(size: Size, box: tuple[int, int, int, int]) -> Frame:
    bgr = np.zeros((size.height, size.width, 3), np.uint8)
    x, y, width, height = box
    bgr[y : y + height, x : x + width] = 255
    return Frame(bgr, 0, 0)


def test_a_small_person_is_looked_at_again_and_found_more_finely() -> None:
    seer = Seer()
    frame = _frame(Size(640, 360), (301, 150, 47, 103))
    estimate = Closer(seer).estimate(frame)
    assert len(seer.sizes) == 2
    assert max(seer.sizes[1]) < 160
    assert estimate.matte is not None
    assert estimate.depth is not None
    alpha = estimate.matte.alpha
    assert alpha.shape == estimate.depth.nearness.shape
    assert alpha.shape[1] > 100
    scale = 640 / alpha.shape[1]
    ys, xs = np.nonzero(alpha > 0.5)
    assert xs.min() * scale == pytest.approx(301, abs=5)
    assert (xs.max() + 1) * scale == pytest.approx(348, abs=5)
    assert ys.min() * scale == pytest.approx(150, abs=8)


@pytest.mark.parametrize("box", [(301, 150, 47, 103), (0, 0, 640, 360)])
def test_what_is_held_is_seen_as_finely_as_the_person(box: tuple[int, int, int, int]) -> None:
    class Holding(Seer):
        def estimate(self, frame: Frame) -> Estimate:
            estimate = super().estimate(frame)
            return replace(estimate, held=SoftMatte(1 - self._alpha, frame.index, frame.captured_ns))

    estimate = Closer(Holding()).estimate(_frame(Size(640, 360), box))
    assert estimate.matte is not None
    assert estimate.held is not None
    np.testing.assert_allclose(estimate.held.alpha, 1 - estimate.matte.alpha, atol=1e-5)


@pytest.mark.parametrize("box", [(0, 0, 640, 360), (0, 0, 0, 0)])
def test_who_fills_the_picture_or_is_not_there_needs_one_look(box: tuple[int, int, int, int]) -> None:
    seer = Seer()
    closer = Closer(seer)
    estimate = closer.estimate(_frame(Size(640, 360), box))
    assert len(seer.sizes) == 1
    assert closer.plane_size == PLANE
    assert estimate.matte is not None
    assert estimate.matte.alpha.max() == (1 if any(box) else 0)


class Padder(Seer):
    """Keeps a picture's shape, so that an upright one fills only a part of its width; less sure at each look."""

    def estimate(self, frame: Frame) -> Estimate:
        full = super().estimate(frame)
        assert full.matte is not None
        scale = min(PLANE.width / frame.size.width, PLANE.height / frame.size.height)
        height, width = max(1, round(frame.size.height * scale)), max(1, round(frame.size.width * scale))
        rows = np.arange(height) * PLANE.height // height
        columns = np.arange(width) * PLANE.width // width
        alpha = full.matte.alpha[rows][:, columns] / np.float32(len(self.sizes))
        return Estimate(SoftMatte(np.ascontiguousarray(alpha), 0, 0))


def test_a_second_look_that_sees_people_no_larger_is_not_believed() -> None:
    seer = Padder()
    tall = _frame(Size(200, 360), (60, 10, 60, 345))
    whole = Padder().estimate(tall).matte
    estimate = Closer(seer).estimate(tall)
    assert len(seer.sizes) == 2
    assert estimate.matte is not None
    assert whole is not None
    np.testing.assert_array_equal(estimate.matte.alpha, whole.alpha)


class Forgetful(Seer):
    """Sees at the second look what `second` makes of what is there."""

    def __init__(self, second: Callable[[Plane], Plane]) -> None:
        super().__init__()
        self._second = second

    def estimate(self, frame: Frame) -> Estimate:
        full = super().estimate(frame)
        if len(self.sizes) > 1:
            self._alpha[:] = self._second(self._alpha)
        return full


@pytest.mark.parametrize(
    ("second", "is_believed"),
    [
        (np.zeros_like, False),  # nobody is left
        (lambda alpha: 1 - alpha, False),  # all but her
        (lambda alpha: np.roll(alpha, 1, axis=1), True),
    ],
)
def test_a_second_look_that_has_other_people_is_not_believed(
    second: Callable[[Plane], Plane], is_believed: bool
) -> None:
    frame = _frame(Size(640, 360), (301, 150, 97, 103))
    first = Seer().estimate(frame).matte
    estimate = Closer(Forgetful(second)).estimate(frame)
    assert first is not None
    assert estimate.matte is not None
    assert np.array_equal(estimate.matte.alpha, first.alpha) is not is_believed


@pytest.mark.parametrize(
    ("close", "same"),
    [((0, 6), True), ((0, 2), True), ((0, 1), False), ((3, 9), True), ((5, 9), False), ((6, 9), False)],
)
def test_three_tenths_of_both_in_common_are_the_same(close: tuple[int, int], same: bool) -> None:
    whole, part = np.zeros((9, 18), np.float32), np.zeros((6, 9), np.float32)
    whole[:, 3:9] = 1.0
    part[:, close[0] : close[1]] = 1.0
    # A window that begins where the people of the first look do: six of its nine columns are theirs.
    assert sees_the_same(whole, part, Box(6, 0, 18, 18), Size(36, 18)) is same


@given(
    st.tuples(st.integers(1, 400), st.integers(1, 300)),
    st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.05, 1), st.floats(0.05, 1)),
)
def test_the_window_lies_in_the_picture_and_holds_the_people(
    size: tuple[int, int], person: tuple[float, float, float, float]
) -> None:
    alpha = np.zeros((18, 32), np.float32)
    x, y = int(person[0] * 32), int(person[1] * 18)
    alpha[y : y + max(1, int(person[3] * 18)), x : x + max(1, int(person[2] * 32))] = 1
    box = person_window(alpha, Size(*size))
    if box is None:
        return
    assert box.x >= 0
    assert box.y >= 0
    assert box.x + box.width <= size[0]
    assert box.y + box.height <= size[1]
    out = merged(alpha, np.ones((18, 32), np.float32), box, Size(*size))
    assert out.dtype == np.float32
    assert out.max() <= 1
    assert max(out.shape) <= 2048


def test_the_rest_goes_through() -> None:
    seer = Seer()
    closer = Closer(seer)
    closer.reset()
    closer.close()
    assert (seer.resets, seer.closed, closer.gives) == (1, 1, seer.gives)
