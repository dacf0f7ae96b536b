"""Smooths an estimator's mattes over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from livecut.estimators.thumbnail import Thumbnail
from livecut.estimators.watched import MotionWatch
from livecut.kernels.cpu.checks import in_range
from livecut.kernels.cpu.geometry import fit
from livecut.kernels.cpu.keep import refit
from livecut.kernels.cpu.memory import remember
from livecut.kernels.cpu.temporal import smooth_matte
from livecut.kernels.cpu.tensor import empty_plane
from livecut.protocols import Estimator, Need
from livecut.types import Estimate, Frame, Motion, Pixels, Plane, Size, SoftMatte

__all__ = ["Smoothed"]


class Smoothed:
    """Remembers mattes along the picture's motion: what looks as it did stays, what moves or is new follows at once.

    `smooth` 0 … 1 is how much of its old value a place keeps at most. The motion goes on with the matte, for who
    remembers more. A cut or a jump of the light ends all memory. A repeated answer (a stride) is not smoothed twice;
    one of an earlier frame, whose picture is not known, is smoothed where it is in doubt only; and what is no float32
    plane is handed on untouched: judging it is the plan's task. What is held is remembered as the matte is.
    """

    keeps_across_networks: Final = True

    def __init__(self, inner: Estimator, smooth: float, watch: MotionWatch | None = None) -> None:
        """`watch`: what the inner estimator has begun its frames with, if it does; closed by this one."""
        if not 0.0 <= smooth <= 1.0:
            raise ValueError(f"smooth must be 0 … 1, not {smooth}")
        self._inner = inner
        self._smooth = smooth
        self._watch = MotionWatch() if watch is None else watch
        self._thumbnail: Thumbnail | None = None
        self._matte, self._held = _Memory(), _Memory()
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
        """The inner estimator's answer, its matte and what is held smoothed; valid until the next call."""
        estimate = self._inner.estimate(frame)
        matte, held = estimate.matte, estimate.held
        if matte is None:
            return estimate
        if matte.alpha.dtype != "float32" or matte.alpha.ndim != 2:
            self._forget()
            return estimate
        last = self._last
        is_new = last is None or (matte.frame_index, matte.captured_ns) != (last.frame_index, last.captured_ns)
        last = self._smoothed(frame, matte) if last is None or is_new else replace(last, motion=None, seen=matte.seen)
        self._last = last
        if held is None or held.alpha.shape != matte.alpha.shape or held.alpha.dtype != "float32":
            self._held.state = None
            return replace(estimate, matte=last)
        state = self._held.state
        if state is None or is_new:
            is_own = matte.frame_index == frame.index
            state = self._held(held.alpha, self._smooth, last.motion, is_own=is_own)
        return replace(estimate, matte=last, held=replace(held, alpha=state))

    def go_on_from(self, earlier: object) -> None:
        """Take over what the one before remembers, on whatever grid, so that a change of plan makes no flicker."""
        thumbnail = self._thumbnail
        if not isinstance(earlier, Smoothed) or thumbnail is None or earlier._last is None:
            return
        state = earlier._matte.on_grid(thumbnail.size)
        if state is None:
            return
        self._matte.state, self._held.state = state, earlier._held.on_grid(thumbnail.size)
        self._last = replace(earlier._last, alpha=state, seen=None, motion=None)
        self._watch.forget()
        if earlier._seen is not None:
            fit(earlier._seen, thumbnail.bgr, mode="stretch")
            self._watch.begin(thumbnail.bgr, earlier._last.frame_index)
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
        self._matte.state = self._held.state = self._last = self._seen = None
        self._watch.forget()

    def _smoothed(self, frame: Frame, matte: SoftMatte) -> SoftMatte:
        size = Size(matte.alpha.shape[1], matte.alpha.shape[0])
        if self._thumbnail is None or self._thumbnail.size != size:
            self._thumbnail = Thumbnail(size)
            self._matte.state = self._held.state = None
        is_own, motion = matte.frame_index == frame.index, None
        if is_own:
            motion = self._motion(frame, matte, self._thumbnail)
        else:
            self._watch.forget()
            self._seen = None
        alpha = self._matte(matte.alpha, self._smooth, motion, is_own=is_own)
        return replace(matte, alpha=alpha, motion=motion)

    def _motion(self, frame: Frame, matte: SoftMatte, thumbnail: Thumbnail) -> Motion | None:
        last = self._last
        seen = matte.seen if matte.seen is not None else thumbnail.of(frame.bgr)
        self._seen = seen
        motion = self._watch.motion(seen, frame.index)
        return motion if motion is not None and last is not None and motion.since_index == last.frame_index else None


class _Memory:
    """One plane of the network's answers, remembered from frame to frame."""

    def __init__(self) -> None:
        self.state: Plane | None = None
        self._spare: Plane | None = None

    def __call__(self, plane: Plane, smooth: float, motion: Motion | None, *, is_own: bool) -> Plane:
        """`plane`, smoothed; `is_own`: it is of the present frame, so that nothing is known of it without `motion`."""
        state, spare = self.state, self._spare
        if state is None or (is_own and motion is None):
            state = plane.copy()
        elif motion is None:
            smooth_matte(plane, smooth, state)
        else:
            if spare is None or spare.shape != plane.shape:
                spare = empty_plane(Size(plane.shape[1], plane.shape[0]))
            remember(plane, state, motion, smooth, spare)
            state, self._spare = spare, state
        self.state = state
        return state

    def on_grid(self, size: Size) -> Plane | None:
        """A copy on a grid of `size`, if there is something sound."""
        if self.state is None or not in_range(self.state, 0.0, 1.0):
            return None
        copy = empty_plane(size)
        refit(self.state, copy)
        return copy
