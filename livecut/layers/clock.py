"""The time of day on the picture, drawn anew only when what it shows has changed."""

from __future__ import annotations

import time
from collections.abc import Callable

from livecut.kernels.cpu.stamp import Stamp, lay
from livecut.layers.lettering import Lettering
from livecut.layers.mark import cover_of
from livecut.layers.place import Corner, at_corner, in_lines
from livecut.protocols import Need
from livecut.types import Canvas, Matte, Size

__all__ = ["Clock"]


class Clock:
    """Local time by `format` (strftime's) in a corner, over the picture or `behind` the person.

    `now` gives seconds since the epoch; the text is made once in each of them.
    """

    def __init__(
        self,
        size: Size,
        lettering: Lettering,
        *,
        format: str,
        corner: Corner,
        margin_px: float,
        behind: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.needs = frozenset({Need.MATTE} if behind else ())
        self._size, self._lettering, self._format = size, lettering, format
        self._corner: Corner = corner
        self._margin = in_lines(margin_px, size)
        self._behind = behind
        self._now = now
        self._second: int | None = None
        self._text = ""
        self._stamp: Stamp | None = None

    def render(self, out: Canvas, matte: Matte | None) -> None:
        """Lay the time on the picture."""
        second = int(self._now())
        if second != self._second:
            self._second = second
            text = time.strftime(self._format, time.localtime(second))
            if text != self._text:
                self._text, self._stamp = text, self._lettering.stamp(text)
        if self._stamp is not None:
            x, y = at_corner(self._stamp.size, self._size, self._corner, self._margin)
            lay(self._stamp, x, y, out, behind=cover_of(matte).alpha if self._behind else None)

    def close(self) -> None:
        """Nothing is held."""
