"""Only answers about the very frame count as inferences."""

from __future__ import annotations

import pytest
from support.fakes import FakeEstimator

from livecut.bench.counting import Counting
from livecut.estimators.smoothed import Smoothed
from livecut.estimators.strided import Strided
from livecut.protocols import Estimator
from livecut.types import Canvas, Frame, Size


@pytest.mark.parametrize(("stride", "expected"), [(1, 12), (2, 6), (3, 4), (5, 3)])
def test_strides_are_seen_through_wrappers(stride: int, expected: int) -> None:
    inner: Estimator = Smoothed(Strided(FakeEstimator(), stride), 0.5)
    counting = Counting(inner)
    bgr = Canvas.empty(Size(64, 36)).bgr
    for index in range(12):
        estimate = counting.estimate(Frame(bgr, index, index))
        assert estimate.matte is not None
    assert counting.inferences == expected
    assert counting.gives == inner.gives
    assert counting.plane_size == inner.plane_size


def test_it_closes_and_resets_what_it_counts() -> None:
    inner = FakeEstimator()
    counting = Counting(inner)
    counting.reset()
    counting.close()
    assert inner.closed == 1
