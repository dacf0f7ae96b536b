"""The memory sink."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from livecut.protocols import Sink
from livecut.sinks.memory import MemorySink
from livecut.types import Picture


def test_copies_are_kept(picture: Callable[..., Picture]) -> None:
    sink = MemorySink()
    original = picture(3, alpha=9)
    assert original.alpha is not None
    sink.write(original)
    original.bgr[:] = 1
    original.alpha[:] = 1
    kept = sink.pictures[0]
    assert kept.bgr[0, 0].tolist() == [3, 6, 8]
    assert kept.alpha is not None
    assert kept.alpha[0, 0] == 9
    assert (kept.index, kept.captured_ns) == (3, 3_000_000)


def test_only_the_last_ones_with_a_limit(picture: Callable[..., Picture]) -> None:
    sink = MemorySink(limit=2)
    for index in range(5):
        sink.write(picture(index))
    assert [kept.index for kept in sink.pictures] == [3, 4]
    sink.close()
    sink.close()
    assert sink.closed
    assert isinstance(sink, Sink)


def test_depth_is_kept_too() -> None:
    sink = MemorySink()
    plane = np.full((4, 6), 700, np.uint16)
    sink.write(Picture(np.zeros((4, 6, 3), np.uint8), None, 0, 0, depth=plane))
    plane[:] = 0
    kept = sink.pictures[0].depth
    assert kept is not None and (kept == 700).all()
