"""Runs an estimator on every n-th frame only and answers with the last estimate in between."""

from __future__ import annotations

from livecut.protocols import Estimator, Need
from livecut.types import Estimate, Frame, Size

__all__ = ["Strided"]


class Strided:
    """Every `n`-th frame is looked at; the others get the last answer, its own frame's number and time still on it.

    So the plan sees how old an answer is. An answer that would be older than `max_age_ns` is not given: where frames
    come slowly, more of them are looked at. After a fault the next frame is looked at again.
    """

    def __init__(self, inner: Estimator, n: int, *, max_age_ns: int | None = None) -> None:
        if n < 1:
            raise ValueError(f"every how many frames: at least 1, not {n}")
        self._inner = inner
        self._n = n
        self._max_age_ns = max_age_ns
        self._made_ns = 0
        self._last: Estimate | None = None
        self._left = 0

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
        is_old = self._max_age_ns is not None and frame.captured_ns - self._made_ns > self._max_age_ns
        if self._last is None or self._left == 0 or is_old:
            self._last = None
            estimate = self._last = self._inner.estimate(frame)
            answers = (estimate.matte, estimate.depth, estimate.held)
            self._made_ns = min((one.captured_ns for one in answers if one is not None), default=frame.captured_ns)
            self._left = self._n
        self._left -= 1
        return self._last

    def reset(self) -> None:
        """Forget earlier frames."""
        self._last = None
        self._inner.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._inner.close()
