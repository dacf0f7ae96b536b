"""The hand-drawn outline of the portrait, as points and as masks of any frame of the demo source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from livecut.types import Plane8, Size

__all__ = ["outline", "outline_mask"]

_DRAWN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "portrait_outline.json").read_text())
_SUBPIXEL_BITS = 4
_PORTRAIT = Size(512, 512)


def outline(name: Literal["woman", "helmet"]) -> NDArray[np.float64]:
    """(n, 2) x, y in pixels of the portrait; pixel centres stand at whole numbers."""
    return np.array(_DRAWN[name], np.float64)


def outline_mask(
    name: Literal["woman", "helmet"], size: Size = _PORTRAIT, affine: NDArray[np.float64] | None = None
) -> Plane8:
    """255 inside the outline, 0 outside, of the portrait itself or seen through `DemoSource.transform(index)`."""
    points = outline(name)
    if affine is not None:
        points = points @ affine[:, :2].T + affine[:, 2]
    mask: Plane8 = np.zeros((size.height, size.width), np.uint8)
    cv2.fillPoly(mask, [np.rint(points * 2**_SUBPIXEL_BITS).astype(np.int32)], (255,), shift=_SUBPIXEL_BITS)
    return mask
