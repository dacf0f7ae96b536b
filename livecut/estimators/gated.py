"""Lets an estimator rest while nothing moves before the camera."""

from __future__ import annotations

from typing import Final

from livecut.kernels.cpu.motion import MotionGauge
from livecut.protocols import Estimator, Need
from livecut.types import Estimate, Frame, Size

__all__ = ["Gated"]

_SETTLE: Final = 5
"""Still frames that are looked at before it rests: what is smoothed over time has come to its end by then."""


class Gated:
    """Answers with its last estimate while the picture stays as it was when that was made, for `max_age_ns` at most.

    The answer keeps its own frame's number and time, so the plan sees how old it is. Every picture is compared with the
    one last looked at, so slow motion adds up; anything that changes the light, a lamp or the camera's exposure, counts
    as motion. After a fault the next frame is looked at.
    """

    def __init__(self, inner: Estimator, *, threshold: float, max_age_ns: int) -> None:
        """`threshold`: change of brightness of a part of the picture that counts as motion, in levels of 0 … 255."""
        if not threshold > 0 or max_age_ns <= 0:
            raise ValueError(f"threshold and age must be above 0, not {threshold} and {max_age_ns}")
        self._inner = inner
        self._threshold = threshold
        self._max_age_ns = max_age_ns
        self._gauge: MotionGauge | None = None
        self._last: Estimate | None = None
        self._looked_ns = 0
        self._still = 0

    @property
    def inner(self) -> tuple[Estimator, ...]:
        """What it wraps."""
        return (self._inner,)

    @property
    def gives(self) -> frozenset[Need]:
        """What the inner estimator gives."""
        return self._inner.gives

    @property
    def plane_size(self) -> Size | None:
        """Of the inner estimator."""
        return self._inner.plane_size

    def estimate(self, frame: Frame) -> Estimate:
        """The inner estimator's answer to this frame, or its last one."""
        if self._gauge is None or self._gauge.size != frame.size:
            self._gauge = MotionGauge(frame.size)
            self._last = None
        moved = self._gauge(frame.bgr) >= self._threshold
        self._still = 0 if moved or self._last is None else self._still + 1
        age_ns = frame.captured_ns - self._looked_ns
        if self._last is not None and self._still > _SETTLE and 0 <= age_ns <= self._max_age_ns:
            return self._last
        self._last = None
        estimate = self._inner.estimate(frame)
        self._last = estimate
        self._looked_ns = frame.captured_ns
        self._gauge.keep()
        return estimate

    def reset(self) -> None:
        """Forget earlier frames."""
        self._last = None
        self._inner.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._inner.close()
