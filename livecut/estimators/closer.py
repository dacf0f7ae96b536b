"""A still is looked at twice: as a whole, and close up where its people are."""

from __future__ import annotations

from livecut.kernels.cpu.closer import cropped, enlarged, is_closer, merged, person_window, sees_the_same
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Size, SoftMatte

__all__ = ["Closer"]


class Closer:
    """Runs a matte estimator a second time on the part of the picture that holds the people; depth stays the first's.

    For stills: twice the time, and a window that follows people would make a live matte breathe. On photographs it
    gains IoU and boundary F where people are small, and costs some where they are seen no larger: then the first stays,
    as it does where the second look has other people, or nobody.
    """

    def __init__(self, inner: Estimator) -> None:
        if Need.MATTE not in inner.gives:
            raise ValueError("a closer look is for mattes")
        self._inner = inner
        self._size: Size | None = None

    @property
    def gives(self) -> frozenset[Need]:
        """What the inner one gives."""
        return self._inner.gives

    @property
    def plane_size(self) -> Size | None:
        """Of the planes answered last."""
        return self._size

    def estimate(self, frame: Frame) -> Estimate:
        """Both looks as one matte. Raises what the inner one raises."""
        first = self._inner.estimate(frame)
        if first.matte is None:
            return first
        # Copies: the inner one's planes are valid until its next call only.
        alpha = first.matte.alpha.copy()
        nearness = None if first.depth is None else first.depth.nearness.copy()
        held = None if first.held is None else first.held.alpha.copy()
        box = person_window(alpha, frame.size)
        if box is not None:
            close = self._inner.estimate(Frame(cropped(frame.bgr, box), frame.index, frame.captured_ns))
            looks = None if close.matte is None else (alpha, close.matte.alpha, box, frame.size)
            if looks is not None and is_closer(*looks) and sees_the_same(*looks):
                alpha = merged(*looks)
                if held is not None and close.held is not None:
                    held = merged(held, close.held.alpha, box, frame.size)
        self._size = Size(alpha.shape[1], alpha.shape[0])
        when = frame.index, frame.captured_ns
        depth = None if nearness is None else DepthMap(enlarged(nearness, self._size), *when)
        told = None if held is None else SoftMatte(enlarged(held, self._size), *when)
        return Estimate(SoftMatte(alpha, *when), depth, told)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._inner.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._inner.close()
