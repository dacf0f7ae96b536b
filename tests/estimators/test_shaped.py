"""A frame goes to the network whose input has the nearest shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.estimators.shaped import Shaped, nearest_shape
from livecut.protocols import Need
from livecut.types import Estimate, Frame, Size, SoftMatte

WIDE, UPRIGHT = Size(288, 160), Size(192, 256)


class Named:
    """Answers with a plane of its own size, and counts."""

    def __init__(self, size: Size, gives: frozenset[Need] = frozenset({Need.MATTE})) -> None:
        self.plane_size = size
        self.gives = gives
        self.resets = self.closed = 0

    def estimate(self, frame: Frame) -> Estimate:
        plane = np.zeros((self.plane_size.height, self.plane_size.width), np.float32)
        return Estimate(SoftMatte(plane, frame.index, frame.captured_ns))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed += 1


def _frame(width: int, height: int) -> Frame:
    return Frame(np.zeros((height, width, 3), np.uint8), 0, 0)


@pytest.mark.parametrize(
    ("width", "height", "wanted"),
    [(1280, 720, WIDE), (640, 480, WIDE), (480, 480, UPRIGHT), (320, 480, UPRIGHT), (90, 1000, UPRIGHT)],
)
def test_each_shape_has_its_network(width: int, height: int, wanted: Size) -> None:
    wide, upright = Named(WIDE), Named(UPRIGHT)
    shaped = Shaped([(WIDE, wide), (UPRIGHT, upright)])
    matte = shaped.estimate(_frame(width, height)).matte
    assert matte is not None
    assert matte.alpha.shape == (wanted.height, wanted.width)
    assert shaped.plane_size == wanted


sizes = st.builds(Size, st.integers(1, 2000), st.integers(1, 2000))


@given(sizes, st.lists(sizes, min_size=1, max_size=4))
def test_no_other_shape_is_squeezed_less(frame: Size, inputs: list[Size]) -> None:
    def squeeze(given: Size) -> float:
        ratio = frame.width / frame.height / (given.width / given.height)
        return max(ratio, 1 / ratio)

    chosen = inputs[nearest_shape(frame, inputs)]
    assert squeeze(chosen) <= min(map(squeeze, inputs)) * (1 + 1e-9)


def test_what_one_network_remembers_ends_when_another_answers() -> None:
    wide, upright = Named(WIDE), Named(UPRIGHT)
    shaped = Shaped([(WIDE, wide), (UPRIGHT, upright)])
    shaped.estimate(_frame(1280, 720))
    shaped.estimate(_frame(480, 640))
    shaped.estimate(_frame(480, 640))
    assert (wide.resets, upright.resets) == (0, 1)
    shaped.estimate(_frame(1280, 720))
    assert (wide.resets, upright.resets) == (1, 1)
    shaped.reset()
    assert (wide.resets, upright.resets) == (2, 2)
    shaped.close()
    assert (wide.closed, upright.closed) == (1, 1)


def test_all_must_give_the_same() -> None:
    both = frozenset({Need.MATTE, Need.DEPTH})
    with pytest.raises(ValueError, match="give the same"):
        Shaped([(WIDE, Named(WIDE)), (UPRIGHT, Named(UPRIGHT, both))])
    with pytest.raises(ValueError, match="give the same"):
        Shaped([])
