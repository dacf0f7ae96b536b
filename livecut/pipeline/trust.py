"""Decides whether an estimator's answer may be used; what cannot be trusted is refused and the card is shown."""

from __future__ import annotations

import numpy as np

from livecut.errors import EstimateError
from livecut.types import DepthMap, Frame, Matte, Plane, Size, SoftMatte

__all__ = ["check_age", "check_depth", "check_matte", "check_soft_matte"]

# Networks with a linear last layer overshoot a little; more than this is not a coverage.
_OVERSHOOT = 0.05
# Depth is relative, and of the network's own scale where nobody steadies it; sums of more end in infinity.
_LARGEST_DEPTH = 1e4


def check_soft_matte(
    matte: SoftMatte | None, plane_size: Size, frame: Frame, max_age_ns: int, what: str = "matte"
) -> SoftMatte:
    """The matte itself, or another coverage (`what`), when it is one; raises `EstimateError` otherwise."""
    if matte is None:
        raise EstimateError(f"the estimator gave no {what}")
    low, high = _finite_range(matte.alpha, plane_size, what)
    if low < -_OVERSHOOT or high > 1 + _OVERSHOOT:
        raise EstimateError(f"the {what} leaves 0 … 1 ({low:.3g} … {high:.3g})")
    check_age(matte.captured_ns, frame, max_age_ns, what)
    return matte


def check_depth(depth: DepthMap | None, plane_size: Size, frame: Frame, max_age_ns: int) -> DepthMap:
    """The depth map itself when it is one; raises `EstimateError` otherwise."""
    if depth is None:
        raise EstimateError("the estimator gave no depth")
    low, high = _finite_range(depth.nearness, plane_size, "depth")
    if low < -_LARGEST_DEPTH or high > _LARGEST_DEPTH:
        raise EstimateError(f"the depth leaves {-_LARGEST_DEPTH:.0f} … {_LARGEST_DEPTH:.0f} ({low:.3g} … {high:.3g})")
    check_age(depth.captured_ns, frame, max_age_ns, "depth")
    return depth


def check_matte(matte: Matte, frame: Frame) -> Matte:
    """The refined matte itself when it covers the frame; raises `EstimateError` otherwise."""
    size = frame.size
    if matte.alpha.dtype != np.uint8 or matte.alpha.shape != (size.height, size.width):
        raise EstimateError(f"the refined matte is {matte.alpha.dtype} {matte.alpha.shape}, the frame is {size}")
    return matte


def check_age(captured_ns: int, frame: Frame, max_age_ns: int, what: str) -> None:
    """Raise `EstimateError` when an estimate belongs to a frame too long before, or after, this one."""
    age_ns = frame.captured_ns - captured_ns
    if age_ns > max_age_ns:
        raise EstimateError(f"the {what} is {age_ns / 1e6:.0f} ms older than its frame")
    if age_ns < 0:
        raise EstimateError(f"the {what} is of a later frame")


def _finite_range(plane: Plane, size: Size, what: str) -> tuple[float, float]:
    if not isinstance(plane, np.ndarray) or plane.dtype != np.float32:
        raise EstimateError(f"the {what} is no float32 plane")
    if plane.shape != (size.height, size.width):
        shape = "x".join(str(side) for side in reversed(plane.shape))
        raise EstimateError(f"the {what} is {shape}, not {size}")
    # NaN and infinity both survive min/max arithmetic: no separate pass over the plane.
    low, high = float(plane.min()), float(plane.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise EstimateError(f"the {what} is not finite")
    return low, high
