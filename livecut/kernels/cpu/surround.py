"""A plane of a part of the picture, laid on a grid of all of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.geometry import Box
from livecut.kernels.cpu.resample import FAST
from livecut.types import Plane, Size

__all__ = ["surround", "surrounding"]


def surrounding(inner: Size, place: Box, size: Size) -> Size:
    """The grid over all of a picture of `size` whose cells are as large as those of a grid `inner` over its `place`.

    At most twice as many cells along a side, which are larger then: most of them lie beside a narrow picture.
    """
    across, down = inner.width * size.width / place.width, inner.height * size.height / place.height
    return Size(max(1, round(min(across, 2 * inner.width))), max(1, round(min(down, 2 * inner.height))))


@njit(cache=True, nogil=True, fastmath=FAST)
def _at(position: Any, cells: Any, span: Any, start: Any, width: Any, count: Any) -> Any:
    """Where cell `position` of `cells` over `span` lies among `count` over the `width` from `start` on: low, weight."""
    at = ((position + np.float32(0.5)) * span / cells - start) * count / width - np.float32(0.5)
    at = min(max(at, np.float32(0.0)), np.float32(count - 1))
    low = min(int(at), max(count - 2, 0))
    return low, np.float32(at) - np.float32(low)


@njit(cache=True, nogil=True, fastmath=FAST)
def _surround(plane: Any, x0: Any, y0: Any, width: Any, height: Any, across: Any, down: Any, out: Any) -> None:
    rows, columns = plane.shape
    for y in range(out.shape[0]):
        top, share_y = _at(np.float32(y), out.shape[0], down, y0, height, rows)
        bottom = min(top + 1, rows - 1)
        for x in range(out.shape[1]):
            left, share_x = _at(np.float32(x), out.shape[1], across, x0, width, columns)
            right = min(left + 1, columns - 1)
            above = plane[top, left] + (plane[top, right] - plane[top, left]) * share_x
            below = plane[bottom, left] + (plane[bottom, right] - plane[bottom, left]) * share_x
            out[y, x] = above + (below - above) * share_y


def surround(plane: Plane, place: Box, size: Size, out: Plane) -> None:
    """Fill `out`, (h, w) float32 over all of a picture of `size`, from `plane`, (H, W) float32 over its `place`.

    Bilinear; beside `place` the plane's edge goes on.
    """
    check_plane("plane", plane, Size(plane.shape[1], plane.shape[0]))
    check_plane("out", out, Size(out.shape[1], out.shape[0]))
    x, y, width, height = (np.float32(side) for side in place)
    _surround(plane, x, y, width, height, np.float32(size.width), np.float32(size.height), out)
