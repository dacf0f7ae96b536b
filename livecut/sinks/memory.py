"""A sink that keeps copies of what it is given: for tests, benchmarks and embedding."""

from __future__ import annotations

from collections import deque
from typing import Final

from livecut.types import Picture

__all__ = ["MemorySink"]


class MemorySink:
    """`pictures` holds copies of the last `limit` pictures, all of them with None."""

    def __init__(self, limit: int | None = None) -> None:
        self.name: Final = "memory"
        self.pictures: deque[Picture] = deque(maxlen=limit)
        self.closed = False

    def write(self, picture: Picture) -> None:
        """Keep a copy."""
        alpha = None if picture.alpha is None else picture.alpha.copy()
        depth = None if picture.depth is None else picture.depth.copy()
        self.pictures.append(Picture(picture.bgr.copy(), alpha, picture.index, picture.captured_ns, depth=depth))

    def close(self) -> None:
        """Keep what there is."""
        self.closed = True
