"""The sink that measures stands where a virtual camera would."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.bench.output import I420Sink
from livecut.kernels.cpu.yuv import bgr_to_i420, yuv420_bytes
from livecut.protocols import Sink
from livecut.types import CARD_INDEX, Picture, Size


def test_every_picture_but_the_card_has_an_age_repeats_too() -> None:
    clock = iter([40_000_000, 73_000_000])
    sink = I420Sink(Size(16, 8), clock_ns=lambda: next(clock))
    assert isinstance(sink, Sink)
    bgr = np.zeros((8, 16, 3), np.uint8)
    sink.write(Picture(bgr, None, CARD_INDEX, 5))
    sink.write(Picture(bgr, None, 0, 10_000_000))
    sink.write(Picture(bgr, None, 0, 10_000_000))
    sink.close()
    assert sink.ages_ms == [30.0, 63.0]


@pytest.mark.parametrize("transparent", [False, True])
def test_it_does_a_virtual_cameras_work(transparent: bool, rng: np.random.Generator) -> None:
    size = Size(16, 8)
    bgr = rng.integers(0, 256, (8, 16, 3), dtype=np.uint8)
    alpha = np.zeros((8, 16), np.uint8) if transparent else None
    sink = I420Sink(size, colour="#0000ff")
    sink.write(Picture(bgr, alpha, 0, 0))
    expected = np.empty(yuv420_bytes(size), np.uint8)
    bgr_to_i420(np.full_like(bgr, (255, 0, 0)) if transparent else bgr, expected)
    np.testing.assert_array_equal(sink._bytes, expected)
