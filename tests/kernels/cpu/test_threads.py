"""OpenCV takes as many threads as it is told."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest

from livecut.kernels.cpu.threads import use_threads


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 1), (2, 2)])
def test_as_many_as_asked_for_and_one_by_default(count: int, expected: int) -> None:
    cv2.setNumThreads(2)
    use_threads(count)
    assert cv2.getNumThreads() == expected


def test_fewer_than_none_are_refused() -> None:
    with pytest.raises(ValueError, match="threads must not be negative, not -1"):
        use_threads(-1)
