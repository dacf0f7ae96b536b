"""Depth made stable over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from livecut.estimators.thumbnail import Thumbnail
from livecut.estimators.watched import MotionWatch
from livecut.kernels.cpu.depth_stability import DepthStabiliser
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Size, SoftMatte

__all__ = ["StableDepth"]


class StableDepth:
    """Brings the depth of another estimator to one scale, 0 far … 1 near, for all frames of a shot."""

    keeps_across_networks: Final = False

    def __init__(
        self,
        inner: Estimator,
        stabilise: float,
        cut_threshold: float,
        *,
        watched: bool = False,
        watch: MotionWatch | None = None,
    ) -> None:
        """`stabilise`: share of the earlier scale kept each frame, 0 leaves depth as it is.

        `cut_threshold`: mean change of nearness between frames that counts as a scene cut, where it starts afresh.
        `watched`: mattes of their own frame say how the picture moved, or nothing after a cut or a jump of the light.
        `watch`: what else says so, where there is no matte: what the inner estimator has begun its frames with, if it
        does; closed by this one.
        """
        if Need.DEPTH not in inner.gives:
            raise ValueError("there is no depth to be made stable")
        self._inner = inner
        self._stabiliser = DepthStabiliser(stabilise, cut_threshold) if stabilise > 0.0 else None
        self._watched = watched
        self._watch = watch
        self._thumbnail: Thumbnail | None = None
        self._last: DepthMap | None = None

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
        """Of the inner estimator's planes."""
        return self._inner.plane_size

    def estimate(self, frame: Frame) -> Estimate:
        """The inner estimate with stable depth; raises what the inner one raises."""
        estimate = self._inner.estimate(frame)
        depth = estimate.depth
        if depth is None or self._stabiliser is None:
            return estimate
        # An answer kept for several frames (`Strided`) is one observation, not several.
        if self._last is None or depth.frame_index != self._last.frame_index:
            unlike = self._is_unlike(frame, estimate.matte, depth)
            nearness = self._stabiliser(depth.nearness, unlike=unlike)
            self._last = replace(depth, nearness=nearness, is_new_shot=self._stabiliser.was_cut)
        return replace(estimate, depth=self._last)

    def _is_unlike(self, frame: Frame, matte: SoftMatte | None, depth: DepthMap) -> bool:
        """Whether `frame` looks like none before, as far as somebody watches."""
        if self._watch is None:
            return self._watched and matte is not None and matte.is_after_cut(frame)
        if depth.frame_index != frame.index:
            return False  # what was looked at is not at hand any more
        if self._watch.index != frame.index:
            size = Size(depth.nearness.shape[1], depth.nearness.shape[0])
            if self._thumbnail is None or self._thumbnail.size != size:
                self._thumbnail = Thumbnail(size)
            self._watch.begin(self._thumbnail.of(frame.bgr), frame.index)
        self._watch.wait()
        return self._watch.is_unlike and self._last is not None

    def go_on_from(self, earlier: object) -> None:
        """Take over the scale of the one before, of the same network's depth."""
        if isinstance(earlier, StableDepth) and self._stabiliser is not None and earlier._stabiliser is not None:
            self._stabiliser.go_on_from(earlier._stabiliser)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._inner.reset()
        self._last = None
        if self._watch is not None:
            self._watch.forget()
        if self._stabiliser is not None:
            self._stabiliser.reset()

    def close(self) -> None:
        """Close the inner estimator. Idempotent."""
        if self._watch is not None:
            self._watch.close()
        self._inner.close()
