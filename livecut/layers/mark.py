"""A mark on the picture that never changes: a logo, a name."""

from __future__ import annotations

from livecut.kernels.cpu.stamp import Stamp, lay
from livecut.layers.place import Corner, at_corner, in_lines
from livecut.protocols import Need
from livecut.types import Canvas, Matte, Size

__all__ = ["Mark", "cover_of"]


def cover_of(matte: Matte | None) -> Matte:
    """The matte a layer stands behind; ValueError when there is none, for it may hide nobody then."""
    if matte is None:
        raise ValueError("a layer behind the person needs a matte")
    return matte


class Mark:
    """A stamp in a corner of frames of one size, over the picture or `behind` the person.

    `margin_px` is in pixels of a 720-line frame.
    """

    def __init__(self, size: Size, stamp: Stamp, *, corner: Corner, margin_px: float, behind: bool = False) -> None:
        self.needs = frozenset({Need.MATTE} if behind else ())
        self._behind = behind
        self._stamp = stamp
        self._x, self._y = at_corner(stamp.size, size, corner, in_lines(margin_px, size))

    def render(self, out: Canvas, matte: Matte | None) -> None:
        """Lay it on the picture."""
        lay(self._stamp, self._x, self._y, out, behind=cover_of(matte).alpha if self._behind else None)

    def close(self) -> None:
        """Nothing is held."""
