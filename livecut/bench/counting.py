"""Counts how often networks really look at a frame."""

from __future__ import annotations

from livecut.protocols import Estimator, Need
from livecut.types import Estimate, Frame, Size

__all__ = ["Counting"]


class Counting:
    """Hands on another estimator's answers and counts those that are about the very frame it was asked about.

    An answer carries the number of the frame it was made from, so one that was kept (a stride, a gate) is seen as such
    whatever lies between.
    """

    def __init__(self, inner: Estimator) -> None:
        self._inner = inner
        self.inferences = 0
        """Answers made anew."""

    @property
    def gives(self) -> frozenset[Need]:
        """What the inner estimator gives."""
        return self._inner.gives

    @property
    def plane_size(self) -> Size | None:
        """Of the inner estimator."""
        return self._inner.plane_size

    def estimate(self, frame: Frame) -> Estimate:
        """The inner estimator's answer."""
        estimate = self._inner.estimate(frame)
        answers = (estimate.matte, estimate.depth)
        self.inferences += any(answer is not None and answer.frame_index == frame.index for answer in answers)
        return estimate

    def reset(self) -> None:
        """Forget earlier frames."""
        self._inner.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._inner.close()
