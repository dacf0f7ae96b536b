"""What the server needs of the networks."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from livecut.types import Pixels, Plane8

__all__ = ["Cutter"]


@runtime_checkable
class Cutter(Protocol):
    """Finds people in one picture at full resolution. Called from several threads at once."""

    def matte(self, bgr: Pixels) -> Plane8:
        """Coverage of people at the picture's own size, 0 ... 255."""
        ...

    def portrait_depth(self, bgr: Pixels) -> tuple[Plane8, Plane8]:
        """Nearness (255 near, relative) and coverage of people, both at the picture's own size."""
        ...

    def close(self) -> None:
        """Release the networks. Idempotent."""
        ...
