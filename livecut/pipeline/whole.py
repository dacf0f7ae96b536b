"""Frames that fill the picture: nothing lies beside them, all parts look at all of it."""

from __future__ import annotations

from livecut.types import EVERYWHERE, Canvas, DepthMap, Frame, Matte, Part, Size

__all__ = ["Whole", "fills_bars"]


def fills_bars(effect: object) -> bool:
    """Whether an effect paints something of its own wherever nobody is, which may fill the bars as well."""
    return bool(getattr(effect, "fills_bars", False))


class Whole:
    """Hands everything on as it is; `pipeline.inset.Inset` is the same for frames that do not fill the picture.

    A class of its own and without kernels, so that the privacy card waits for none.
    """

    @property
    def other_shapes(self) -> tuple[Size, ...]:
        """Small frames that are worked on by other kernels than the usual ones."""
        return ()

    def look_at(self, source: Size) -> None:
        """The next frame comes from one of size `source`."""

    @property
    def within(self) -> Part:
        """What the frame fills of the picture."""
        return EVERYWHERE

    def inner(self, frame: Frame) -> Frame:
        """What of a fitted frame is the source's, valid until the next call."""
        return frame

    def whole_matte(self, inner: Matte) -> Matte:
        """The matte of the picture from that of its inner part, 0 beside it; valid until the next call."""
        return inner

    def whole_depth(self, inner: DepthMap) -> DepthMap:
        """The same for depth, which goes on beside it as it ends there."""
        return inner

    def blacken(self, out: Canvas) -> None:
        """Paint what lies beside it black, and far away where the picture has depth."""
