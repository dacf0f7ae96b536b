"""Plans are built as the settings say."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest

from livecut.app.build import build_plan
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Size


@pytest.fixture(autouse=True)
def _opencv_as_it_was() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize(("kernels", "threads"), [(0, 1), (2, 2)])
def test_kernels_take_the_threads_they_may(kernels: int, threads: int) -> None:
    settings = apply(Settings(), {"model": {"name": "null"}, "threads": {"kernels": kernels}, "device": "cpu"})
    build_plan(settings, Size(64, 36), Meter()).close()
    assert cv2.getNumThreads() == threads
