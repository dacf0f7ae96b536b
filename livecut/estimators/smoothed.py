"""Smooths an estimator's mattes over time."""

from __future__ import annotations

from dataclasses import replace

from livecut.kernels.cpu.temporal import smooth_matte
from livecut.protocols import Estimator, Need
from livecut.types import Estimate, Frame, Plane, Size

__all__ = ["Smoothed"]


class Smoothed:
    """Calms what the network doubts from frame to frame; what it is sure of, or what moves, follows at once.

    `smooth` 0 … 1 is how much of its old value a doubtful pixel keeps at most. A repeated answer (a stride) is not
    smoothed twice, and one of another shape is handed on untouched: judging it is the plan's task.
    """

    def __init__(self, inner: Estimator, smooth: float) -> None:
        if not 0.0 <= smooth <= 1.0:
            raise ValueError(f"smooth must be 0 … 1, not {smooth}")
        self._inner = inner
        self._smooth = smooth
        self._state: Plane | None = None
        self._last: tuple[int, int] | None = None

    @property
    def gives(self) -> frozenset[Need]:
        """What the inner estimator gives."""
        return self._inner.gives

    @property
    def plane_size(self) -> Size | None:
        """Of the inner estimator."""
        return self._inner.plane_size

    def estimate(self, frame: Frame) -> Estimate:
        """The inner estimator's answer, its matte smoothed; valid until the next call."""
        estimate = self._inner.estimate(frame)
        matte = estimate.matte
        if matte is None:
            return estimate
        state = self._state
        if state is None or state.shape != matte.alpha.shape or state.dtype != matte.alpha.dtype:
            state = self._state = matte.alpha.copy()
        elif (matte.frame_index, matte.captured_ns) != self._last:
            smooth_matte(matte.alpha, self._smooth, state)
        self._last = (matte.frame_index, matte.captured_ns)
        return replace(estimate, matte=replace(matte, alpha=state))

    def reset(self) -> None:
        """Forget earlier frames."""
        self._state = self._last = None
        self._inner.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._inner.close()
