"""What kernels are timed on."""

from __future__ import annotations

from dataclasses import dataclass

from livecut.types import Pixels, Plane, Plane8, Size

NETWORK = Size(288, 160)


@dataclass(frozen=True)
class Given:
    """What kernels work on; nothing here is written to but `out` and `alpha_out`."""

    size: Size
    bgr: Pixels
    before: Pixels
    """The frame before."""
    small: Pixels
    """The frame at the network's size."""
    matte: Plane
    nearness: Plane
    alpha: Plane8
    backdrop: Pixels
    out: Pixels
    alpha_out: Plane8
    plane_out: Plane
