"""The effect `split`: two effects side by side."""

from __future__ import annotations

from dataclasses import replace

from livecut.kernels.cpu.composite import join
from livecut.protocols import Continuing, Effect, Need
from livecut.types import Canvas, Scene, Size

__all__ = ["Split"]

_LINE = (255, 255, 255)


class Split:
    """The left part of one effect and the right part of another, a white line between; closes both with itself.

    `position` 0 … 1 is where the line stands, as a share of the width. It has alpha when one of them has; the other's
    side is opaque then.
    """

    def __init__(self, size: Size, before: Effect, after: Effect, position: float = 0.5) -> None:
        if not 0.0 <= position <= 1.0:
            raise ValueError(f"position must be 0 … 1, not {position}")
        self.before, self.after = before, after
        self.needs: frozenset[Need] = before.needs | after.needs
        self.has_alpha = before.has_alpha or after.has_alpha
        self._column = round(position * size.width)
        self._left = Canvas.empty(size, alpha=before.has_alpha)
        self._right = Canvas.empty(size, alpha=after.has_alpha)

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint both and join them."""
        self.before.render(self._side(scene, 0, self._column), self._left)
        self.after.render(self._side(scene, self._column, out.size.width), self._right)
        join(self._left.bgr, self._right.bgr, self._column, out.bgr, line=_LINE)
        if out.alpha is not None:
            column = self._column
            out.alpha[:] = 255
            if self._left.alpha is not None:
                out.alpha[:, :column] = self._left.alpha[:, :column]
            if self._right.alpha is not None:
                out.alpha[:, column:] = self._right.alpha[:, column:]
            if 0 < column < out.size.width:
                out.alpha[:, column - 1 : column + 1] = 255  # the line

    def _side(self, scene: Scene, first: int, last: int) -> Scene:
        """The scene whose frame is seen in these columns alone: what stands in a corner stands where it is seen."""
        rows, columns = scene.within
        start, stop, _ = columns.indices(scene.frame.size.width)
        return replace(scene, within=(rows, slice(min(max(start, first), last), min(max(stop, first), last))))

    @property
    def instead(self) -> str:
        """What either side shows in place of what was asked for, and why."""
        told = (getattr(effect, "instead", "") for effect in (self.before, self.after))
        return ", ".join(dict.fromkeys(filter(None, told)))

    def go_on_from(self, earlier: Effect) -> None:
        """Each side goes on from the same side."""
        if isinstance(earlier, Split):
            for now, before in ((self.before, earlier.before), (self.after, earlier.after)):
                if isinstance(now, Continuing):
                    now.go_on_from(before)

    def reset(self) -> None:
        """Both forget earlier frames."""
        for effect in (self.before, self.after):
            if isinstance(effect, Continuing):
                effect.reset()

    def close(self) -> None:
        """Close both. Idempotent."""
        try:
            self.before.close()
        finally:
            self.after.close()
