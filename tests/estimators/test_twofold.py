"""A picture and its mirror image are told apart by nobody afterwards: the mean, and the first look's depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livecut.estimators.twofold import Twofold
from livecut.protocols import Need
from livecut.types import DepthMap, Estimate, Frame, Plane, Size, SoftMatte


class OneEyed:
    """Sees white in the left half only; its planes are its own memory, overwritten at each call."""

    gives = frozenset({Need.MATTE, Need.DEPTH})
    plane_size = Size(8, 4)

    def __init__(self) -> None:
        self._alpha: Plane = np.zeros((4, 8), np.float32)
        self.looks = self.resets = self.closed = 0

    def estimate(self, frame: Frame) -> Estimate:
        self.looks += 1
        self._alpha[:] = frame.bgr[..., 0] / 255
        self._alpha[:, 4:] = 0
        return Estimate(SoftMatte(self._alpha, 0, 0), DepthMap(self._alpha, 0, 0))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed += 1


def test_what_one_look_misses_the_other_sees() -> None:
    bgr = np.zeros((4, 8, 3), np.uint8)
    bgr[1:3, 2:7] = 255
    eye = OneEyed()
    estimate = Twofold(eye).estimate(Frame(bgr, 5, 7))
    expected = np.zeros((4, 8), np.float32)
    expected[1:3, 2:7] = 0.5
    assert estimate.matte is not None
    assert estimate.depth is not None
    np.testing.assert_array_equal(estimate.matte.alpha, expected)
    assert (estimate.matte.frame_index, estimate.matte.captured_ns) == (5, 7)
    first = np.zeros((4, 8), np.float32)
    first[1:3, 2:4] = 1
    np.testing.assert_array_equal(estimate.depth.nearness, first)
    assert eye.looks == 2


def test_what_is_held_is_looked_at_twice_too() -> None:
    class Holding(OneEyed):
        def estimate(self, frame: Frame) -> Estimate:
            estimate = super().estimate(frame)
            return replace(estimate, held=SoftMatte(1 - self._alpha, frame.index, frame.captured_ns))

    bgr = np.zeros((4, 8, 3), np.uint8)
    bgr[1:3, 2:7] = 255
    estimate = Twofold(Holding()).estimate(Frame(bgr, 5, 7))
    assert estimate.matte is not None
    assert estimate.held is not None
    np.testing.assert_array_equal(estimate.held.alpha, 1 - estimate.matte.alpha)
    assert (estimate.held.frame_index, estimate.held.captured_ns) == (5, 7)


def test_the_rest_goes_through() -> None:
    eye = OneEyed()
    twofold = Twofold(eye)
    twofold.reset()
    twofold.close()
    assert (eye.resets, eye.closed, twofold.gives, twofold.plane_size) == (1, 1, eye.gives, Size(8, 4))
