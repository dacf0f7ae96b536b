"""Keeps what a person holds, or all that is near, by what the network tells and by depth."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from livecut.kernels.cpu.held import HeldKeeper
from livecut.kernels.cpu.keep import NearKeeper, refit
from livecut.kernels.cpu.tensor import empty_plane
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Plane, Size, SoftMatte

__all__ = ["Kept"]

log = logging.getLogger(__name__)


class Kept:
    """Adds to a matte what the person holds, or what is as near as she is.

    `person+held`: what is joined to her, too, as the matte's network tells it (`Estimate.held`); where it does not, by
    the depth of the same estimator or of another one. `near`: besides, all that is as near as she is, or nearer. Depth
    older than `max_age_ns`, or than the last cut, is not looked at; where neither is told, which is said once, it does
    nothing. `steady` calms over time what is kept, for live pictures whose mattes say how the picture moved
    (`Smoothed`): a matte of its own frame that does not say so comes after a cut or a jump of the light, and what was
    kept before is forgotten.
    """

    keeps_across_networks: Final = False

    def __init__(
        self,
        inner: Sequence[Estimator],
        keep: Literal["person+held", "near"],
        *,
        steady: bool = True,
        max_age_ns: int | None = None,
    ) -> None:
        """`inner`: the estimators of a matte and of depth, or one of both."""
        mattes = [one for one in inner if Need.MATTE in one.gives]
        if len(mattes) != 1:
            raise ValueError("what is kept is added to one matte")
        self._inner = tuple(inner)
        self._matte_giver = mattes[0]
        self._joined = keep == "person+held"
        self._steady = steady
        self._max_age_ns = max_age_ns
        self._keeper: NearKeeper | None = None
        self._holder: HeldKeeper | None = None
        self._planes: tuple[Plane, Plane] | None = None
        """What stands between the two keepers where both are asked for, and the answer."""
        self._nearness: Plane | None = None
        self._last: tuple[int, int] | None = None
        self._told = False
        self._cut_ns: int | None = None
        """When the last cut was."""

    @property
    def inner(self) -> tuple[Estimator, ...]:
        """What it wraps."""
        return self._inner

    @property
    def gives(self) -> frozenset[Need]:
        """What the inner ones give together."""
        return frozenset().union(*(one.gives for one in self._inner))

    @property
    def plane_size(self) -> Size | None:
        """Of the matte; depth is brought to it."""
        return self._matte_giver.plane_size

    def estimate(self, frame: Frame) -> Estimate:
        """The inner ones' answers as one, more of the picture in the matte; valid until the next call."""
        matte: SoftMatte | None = None
        depth: DepthMap | None = None
        held: SoftMatte | None = None
        for one in self._inner:
            estimate = one.estimate(frame)
            matte = matte or estimate.matte
            depth = depth or estimate.depth
            held = held or estimate.held
        if matte is None:
            return Estimate(matte, depth, held)
        if depth is None and held is None:
            if not self._told:
                self._told = True
                log.warning("matte.keep does nothing: no network gives depth")
            return Estimate(matte)
        size = Size(matte.alpha.shape[1], matte.alpha.shape[0])
        if depth is not None:
            depth = replace(depth, nearness=self._fitted(depth.nearness, size))
        if held is not None and (held.alpha.shape != matte.alpha.shape or held.alpha.dtype != "float32"):
            return Estimate(matte, depth, held)
        if self._steady and matte.is_after_cut(frame):
            self._cut_ns = matte.captured_ns
        fresh = depth if depth is not None and self._is_fresh(depth, frame) else None
        return Estimate(self._added_to(frame, matte, held, fresh, size), depth, held)

    def _is_fresh(self, depth: DepthMap, frame: Frame) -> bool:
        """Whether it is of the same scene as the frame, and young enough."""
        # Of a network of its own, whose stride may be another, it can be of the scene before a cut.
        if self._cut_ns is not None and depth.captured_ns < self._cut_ns:
            return False
        return self._max_age_ns is None or frame.captured_ns - depth.captured_ns <= self._max_age_ns

    def _added_to(
        self, frame: Frame, matte: SoftMatte, held: SoftMatte | None, depth: DepthMap | None, size: Size
    ) -> SoftMatte:
        """The matte and what is kept besides."""
        by_depth = depth is not None and not (self._joined and held is not None)
        if not by_depth and self._keeper is not None:
            # What was kept of an earlier scene must not come back with the depth of the next one.
            self._keeper.forget()
        if held is None and not by_depth:
            self._last = None
            return matte
        if self._planes is None or self._planes[0].shape != matte.alpha.shape:
            self._planes = empty_plane(size), empty_plane(size)
            self._keeper = self._holder = self._last = None
        between, kept = self._planes
        # An answer that is given again (a stride) is one observation, not several.
        seen = (matte.frame_index, matte.captured_ns)
        if seen != self._last or not self._steady:
            self._last = seen
            # What is held comes slowly, so that it does not tremble; after a cut it is there at once.
            steady = self._steady and not matte.is_after_cut(frame)
            alpha, nearness = matte.alpha, None if depth is None else depth.nearness
            if held is not None:
                self._holder = self._holder or HeldKeeper(size)
                out = between if by_depth else kept
                self._holder(alpha, held.alpha, out, nearness=nearness, steady=steady)
                alpha = out
            if by_depth and nearness is not None:
                self._keeper = self._keeper or NearKeeper(size, joined=self._joined)
                self._keeper(alpha, nearness, kept, steady=steady)
        return replace(matte, alpha=kept)

    def rehearse(self) -> None:
        """Keep something made up, and forget it: in a picture of nothing there is nothing to choose from."""
        for keeper in (self._keeper, self._holder):
            if keeper is not None:
                keeper.rehearse()

    def go_on_from(self, earlier: object) -> None:
        """Take over what the one before kept, where it kept the same on the same grid."""
        if not isinstance(earlier, Kept):
            return
        if self._keeper is not None and earlier._keeper is not None:
            self._keeper.go_on_from(earlier._keeper)
        if self._holder is not None and earlier._holder is not None:
            self._holder.go_on_from(earlier._holder)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._last = self._cut_ns = None
        for keeper in (self._keeper, self._holder):
            if keeper is not None:
                keeper.forget()
        for one in self._inner:
            one.reset()

    def close(self) -> None:
        """Release the networks. Idempotent."""
        for one in self._inner:
            one.close()

    def _fitted(self, nearness: Plane, size: Size) -> Plane:
        """Nearness at the matte's size; what is no plane at all is handed on, for the plan to refuse."""
        if nearness.ndim != 2 or nearness.shape == (size.height, size.width):
            return nearness
        if self._nearness is None or self._nearness.shape != (size.height, size.width):
            self._nearness = empty_plane(size)
        refit(nearness, self._nearness)
        return self._nearness
