"""Smooths an estimator's mattes over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from livecut.estimators.watched import MotionWatch
from livecut.kernels.cpu.checks import in_range
from livecut.kernels.cpu.geometry import fit
from livecut.kernels.cpu.keep import refit
from livecut.kernels.cpu.memory import remember
from livecut.kernels.cpu.temporal import smooth_matte
from livecut.kernels.cpu.tensor import Shrink, empty_plane
from livecut.protocols import Estimator, Need
from livecut.types import Canvas, Estimate, Frame, Motion, Pixels, Plane, Size, SoftMatte

__all__ = ["Smoothed"]


class Smoothed:
    """Remembers mattes along the picture's motion: what looks as it did stays, what moves or is new follows at once.

    `smooth` 0 … 1 is how much of its old value a place keeps at most. The motion goes on with the matte, for who
    remembers more. A cut or a jump of the light ends all memory. A repeated answer (a stride) is not smoothed twice;
    one of an earlier frame, whose picture is not known, is smoothed where it is in doubt only; and what is no float32
    plane is handed on untouched: judging it is the plan's task.
    """

    keeps_across_networks: Final = True

    def __init__(self, inner: Estimator, smooth: float, watch: MotionWatch | None = None) -> None:
        """`watch`: what the inner estimator has begun its frames with, if it does; closed by this one."""
        if not 0.0 <= smooth <= 1.0:
            raise ValueError(f"smooth must be 0 … 1, not {smooth}")
        self._inner = inner
        self._smooth = smooth
        self._watch = MotionWatch() if watch is None else watch
        self._shrink: Shrink | None = None
        self._size: Size | None = None
        self._state: Plane | None = None
        self._last: SoftMatte | None = None
        self._seen: Pixels | None = None
        """What the network saw when it made the last one, until it looks again."""

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
        """The inner estimator's answer, its matte smoothed; valid until the next call."""
        estimate = self._inner.estimate(frame)
        matte = estimate.matte
        if matte is None:
            return estimate
        if matte.alpha.dtype != "float32" or matte.alpha.ndim != 2:
            self._forget()
            return estimate
        last = self._last
        if last is None or (matte.frame_index, matte.captured_ns) != (last.frame_index, last.captured_ns):
            self._last = self._smoothed(frame, matte)
        else:
            self._last = replace(last, motion=None, seen=matte.seen)
        return replace(estimate, matte=self._last)

    def go_on_from(self, earlier: object) -> None:
        """Take over what the one before remembers, on whatever grid, so that a change of plan makes no flicker."""
        size = self._size
        if not isinstance(earlier, Smoothed) or size is None or earlier._last is None or earlier._state is None:
            return
        if not in_range(earlier._state, 0.0, 1.0):
            return
        state = empty_plane(size)
        refit(earlier._state, state)
        self._state = state
        self._last = replace(earlier._last, alpha=state, seen=None, motion=None)
        self._watch.forget()
        if earlier._seen is not None:
            fit(earlier._seen, self._guide, mode="stretch")
            self._watch.begin(self._guide, earlier._last.frame_index)
            self._watch.wait()

    def reset(self) -> None:
        """Forget earlier frames."""
        self._forget()
        self._inner.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._watch.close()
        self._inner.close()

    def _forget(self) -> None:
        self._state = self._last = self._seen = None
        self._watch.forget()

    def _smoothed(self, frame: Frame, matte: SoftMatte) -> SoftMatte:
        alpha = matte.alpha
        size = Size(alpha.shape[1], alpha.shape[0])
        if self._size != size:
            self._size = size
            self._spare, self._guide = empty_plane(size), Canvas.empty(size).bgr
            self._state = None
        state, motion = self._state, None
        if matte.frame_index == frame.index:
            motion = self._motion(frame, matte)
            if state is None or motion is None:
                self._state = alpha.copy()
            else:
                remember(alpha, state, motion, self._smooth, self._spare)
                self._state, self._spare = self._spare, state
        else:
            self._watch.forget()
            self._seen = None
            if state is None:
                self._state = alpha.copy()
            else:
                smooth_matte(alpha, self._smooth, state)
        assert self._state is not None
        return replace(matte, alpha=self._state, motion=motion)

    def _motion(self, frame: Frame, matte: SoftMatte) -> Motion | None:
        last = self._last
        seen = matte.seen if matte.seen is not None else self._shrunk(frame)
        self._seen = seen
        motion = self._watch.motion(seen, frame.index)
        return motion if motion is not None and last is not None and motion.since_index == last.frame_index else None

    def _shrunk(self, frame: Frame) -> Pixels:
        size = Size(self._guide.shape[1], self._guide.shape[0])
        if self._shrink is None or (self._shrink.source, self._shrink.target) != (frame.size, size):
            self._shrink = Shrink(frame.size, size)
        self._shrink(frame.bgr, self._guide)
        return self._guide
