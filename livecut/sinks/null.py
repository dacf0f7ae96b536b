"""A sink that counts and forgets."""

from __future__ import annotations

from typing import Final

from livecut.types import Picture

__all__ = ["NullSink"]


class NullSink:
    """For measuring everything before the output."""

    def __init__(self) -> None:
        self.name: Final = "null"
        self.count = 0
        """Pictures written."""

    def write(self, picture: Picture) -> None:
        """Count it."""
        self.count += 1

    def close(self) -> None:
        """Nothing to finish."""
