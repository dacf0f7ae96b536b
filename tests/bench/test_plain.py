"""The plain way is plain: a running mean, a soft matte, the whole frame blurred."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livecut.bench.measures import Map
from livecut.bench.plain import PlainWay
from livecut.protocols import Need
from livecut.types import Estimate, Frame, Size, SoftMatte


class Listed:
    """Answers with one matte after the other."""

    gives = frozenset({Need.MATTE})
    plane_size: Size | None = Size(32, 18)

    def __init__(self, mattes: list[Map | None]) -> None:
        self._mattes = mattes
        self.resets = self.closed = 0

    def estimate(self, frame: Frame) -> Estimate:
        matte = self._mattes[frame.index]
        return Estimate(None if matte is None else SoftMatte(matte, frame.index, 0))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed += 1


def _flat(value: float) -> Map:
    return np.full((18, 32), value, np.float32)


def test_picture_and_matte_against_their_formulas(rng: np.random.Generator) -> None:
    bgr = rng.integers(0, 256, (72, 128, 3), dtype=np.uint8)
    inner = Listed([_flat(1.0), _flat(0.0), _flat(0.0), _flat(0.5)])
    way = PlainWay(inner, 24.0)
    mattes = [way.render(Frame(bgr, index, index))[1] for index in range(3)]
    assert [float(matte.mean()) for matte in mattes] == pytest.approx([1.0, 0.15, 0.0225], abs=1e-5)
    way.reset()
    assert inner.resets == 1
    picture, matte = way.render(Frame(bgr, 3, 3))
    assert matte.mean() == pytest.approx(0.5)
    blurred = cv2.GaussianBlur(bgr, (0, 0), 2.4)
    np.testing.assert_allclose(picture, (bgr.astype(float) + blurred) / 2, atol=1.0)
    way.close()
    assert inner.closed == 1


def test_without_a_matte_there_is_no_picture() -> None:
    with pytest.raises(ValueError, match="the plain way needs a matte"):
        PlainWay(Listed([None]), 24.0).render(Frame(np.zeros((36, 64, 3), np.uint8), 0, 0))
