"""The null sink."""

from __future__ import annotations

from collections.abc import Callable

from livecut.protocols import Sink
from livecut.sinks.null import NullSink
from livecut.types import Picture


def test_it_counts(picture: Callable[..., Picture]) -> None:
    sink = NullSink()
    for index in range(4):
        sink.write(picture(index))
    sink.close()
    sink.close()
    assert sink.count == 4
    assert sink.name == "null"
    assert isinstance(sink, Sink)
