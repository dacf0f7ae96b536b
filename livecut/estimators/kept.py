"""Keeps what a person holds, or all that is near, by the depth that was estimated along with the matte."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from livecut.kernels.cpu.keep import NearKeeper, refit
from livecut.kernels.cpu.tensor import empty_plane
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Plane, Size, SoftMatte

__all__ = ["Kept"]

log = logging.getLogger(__name__)


class Kept:
    """Adds to a matte what is as near as the person, by the depth of the same estimator or of another one.

    `person+held`: what is joined to her, too; `near`: all that is as near as she is, or nearer. Without depth, or with
    depth older than `max_age_ns`, it does nothing; that there is none is said once. `steady` calms over time what is
    kept, for live pictures.
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
        self._kept: Plane | None = None
        self._nearness: Plane | None = None
        self._last: tuple[int, int] | None = None
        self._told = False

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
        for one in self._inner:
            estimate = one.estimate(frame)
            matte = matte or estimate.matte
            depth = depth or estimate.depth
        if matte is None:
            return Estimate(matte, depth)
        if depth is None:
            if not self._told:
                self._told = True
                log.warning("matte.keep does nothing: no network gives depth")
            return Estimate(matte, None)
        size = Size(matte.alpha.shape[1], matte.alpha.shape[0])
        nearness = self._fitted(depth.nearness, size)
        depth = replace(depth, nearness=nearness)
        if self._max_age_ns is not None and frame.captured_ns - depth.captured_ns > self._max_age_ns:
            return Estimate(matte, depth)
        if self._keeper is None or self._keeper.size != size or self._kept is None:
            self._keeper = NearKeeper(size, joined=self._joined)
            self._kept = empty_plane(size)
            self._last = None
        # An answer that is given again (a stride) is one observation, not several.
        seen = (matte.frame_index, matte.captured_ns)
        if seen != self._last or not self._steady:
            self._keeper(matte.alpha, nearness, self._kept, steady=self._steady)
            self._last = seen
        return Estimate(replace(matte, alpha=self._kept), depth)

    def go_on_from(self, earlier: object) -> None:
        """Take over what the one before kept, where it kept the same on the same grid."""
        if isinstance(earlier, Kept) and self._keeper is not None and earlier._keeper is not None:
            self._keeper.go_on_from(earlier._keeper)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._last = None
        if self._keeper is not None:
            self._keeper.forget()
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
