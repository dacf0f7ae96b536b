"""Pictures that go on beyond their border as their own reflection; for the CPU and for CUDA alike."""

from __future__ import annotations

__all__ = ["mirrored"]


def mirrored(position: int, start: int, count: int) -> int:
    """The place in start … start + count - 1 that `position` is a reflection of; the edge pixel is not doubled."""
    if count == 1:
        return start
    period = 2 * (count - 1)
    offset = (position - start) % period
    return start + (offset if offset < count else period - offset)
