"""Watches how the picture moves while the network looks at it."""

from __future__ import annotations

from livecut.kernels.cpu.aside import Aside
from livecut.kernels.cpu.motion_field import MotionField
from livecut.types import Motion, Pixels, Size

__all__ = ["MotionWatch"]


class MotionWatch:
    """Finds the motion from each frame that is looked at to the next, on a thread of its own.

    Whoever shrinks the frame for a network calls `begin`, and `wait` before that memory is painted over; whoever
    remembers mattes asks for `motion` afterwards.
    """

    def __init__(self) -> None:
        self._aside = Aside("livecut-motion")
        self._field: MotionField | None = None
        self._index: int | None = None
        self._since: int | None = None
        self._known = False

    @property
    def index(self) -> int | None:
        """Of the frame it began with last."""
        return self._index

    def begin(self, seen: Pixels, index: int) -> None:
        """Begin with frame `index`, (h, w, 3) as the network sees it."""
        size = Size(seen.shape[1], seen.shape[0])
        if self._field is None or self._field.size != size:
            self._field = MotionField(size)
            self._index = None
        field = self._field
        self._since, self._index, self._known = self._index, index, False

        def look() -> None:
            self._known = field(seen)

        self._aside.start(look)

    def wait(self) -> None:
        """Return when the frame has been looked at."""
        self._aside.wait()

    def motion(self, seen: Pixels, index: int) -> Motion | None:
        """From the frame before to frame `index`, `seen` as by the network; valid until the next `begin`.

        None where there is none before, and after a cut or a jump of the light. A frame that nobody has begun with is
        looked at now.
        """
        if index != self._index:
            self.begin(seen, index)
        self.wait()
        field = self._field
        if field is None or not self._known or self._since is None:
            return None
        return Motion(field.dx, field.dy, field.same, index, self._since)

    @property
    def is_unlike(self) -> bool:
        """True where nothing before the last frame looks like it, when it has been looked at; also of the first one."""
        return not self._known

    def forget(self) -> None:
        """The next frame has nothing to do with those before."""
        self.wait()
        self._index = None
        if self._field is not None:
            self._field.forget()

    def close(self) -> None:
        """End the thread. Idempotent."""
        self._aside.close()
