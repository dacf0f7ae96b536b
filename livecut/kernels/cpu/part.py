"""What a plane that was made of one view of a picture says of another view."""

from __future__ import annotations

import cv2
import numpy as np

from livecut.types import Plane, View

__all__ = ["part_of"]


def part_of(plane: Plane, made: View, shown: View, beyond: float | None = None) -> Plane:
    """A float32 plane of the same shape for the view `shown`, linearly between the values of `plane`, made for `made`.

    `beyond`: the value where that saw nothing; by default the plane goes on as it ends there.
    """
    height, width = plane.shape
    share = shown.share / made.share
    # Pixels' centres: the new one at u lies at share * u + start of the old view, both 0 … 1.
    x, y = (shown.x - made.x) / made.share, (shown.y - made.y) / made.share
    back = np.array(
        [[share, 0.0, x * width + (share - 1.0) / 2], [0.0, share, y * height + (share - 1.0) / 2]], np.float64
    )
    moved = cv2.warpAffine(
        plane,
        back,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if beyond is None else cv2.BORDER_CONSTANT,
        borderValue=(beyond or 0.0,),
    )
    return np.asarray(moved, np.float32)
