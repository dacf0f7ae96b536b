"""Several looks at one still become one matte; its depth stays the first's."""

from __future__ import annotations

from livecut.kernels.cpu.closer import enlarged
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Plane, Size, SoftMatte

__all__ = ["SeveralLooks"]


class SeveralLooks:
    """Runs a matte estimator on a picture, and lets who builds on it look again at parts of it."""

    def __init__(self, inner: Estimator, name: str) -> None:
        """`name`: what looking again is called, should the inner one have no mattes."""
        if Need.MATTE not in inner.gives:
            raise ValueError(f"{name} is for mattes")
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
        """All looks as one matte. Raises what the inner one raises."""
        first = self._inner.estimate(frame)
        if first.matte is None:
            return first
        # Copies: the inner one's planes are valid until its next call only.
        nearness = None if first.depth is None else first.depth.nearness.copy()
        held = None if first.held is None else first.held.alpha.copy()
        alpha, held = self._again(frame, first.matte.alpha.copy(), held)
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

    def _again(self, frame: Frame, alpha: Plane, held: Plane | None) -> tuple[Plane, Plane | None]:
        """The first look's matte and what is held, both its own to keep, with what further looks say."""
        raise NotImplementedError
