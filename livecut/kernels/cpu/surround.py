"""A plane of a part of the picture, laid on a grid of all of it."""

from __future__ import annotations

from typing import Any

from numba import njit

from livecut.kernels.cpu.checks import check_plane
from livecut.kernels.cpu.geometry import Box
from livecut.kernels.cpu.resample import FAST, Taps, taps
from livecut.types import Plane, Size

__all__ = ["surround", "surrounding", "taps_around"]


def surrounding(inner: Size, place: Box, size: Size) -> Size:
    """The grid over all of a picture of `size` whose cells are as large as those of a grid `inner` over its `place`.

    At most twice as many cells along a side, which are larger then: most of them lie beside a narrow picture.
    """
    across, down = inner.width * size.width / place.width, inner.height * size.height / place.height
    return Size(max(1, round(min(across, 2 * inner.width))), max(1, round(min(down, 2 * inner.height))))


def taps_around(inner: Size, place: Box, size: Size) -> tuple[Taps, Taps]:
    """Where columns and rows of the grid of `surrounding` lie between those of the grid `inner` over `place`."""
    grid = surrounding(inner, place, size)
    # Cells of the grid that a cell of `inner` is wide and high.
    across = grid.width * place.width / (size.width * inner.width)
    down = grid.height * place.height / (size.height * inner.height)
    return (
        taps(inner.width, grid.width, across, place.x * inner.width / place.width),
        taps(inner.height, grid.height, down, place.y * inner.height / place.height),
    )


@njit(cache=True, nogil=True, fastmath=FAST)
def _surround(plane: Any, low_x: Any, part_x: Any, low_y: Any, part_y: Any, out: Any) -> None:
    rows, columns = plane.shape
    for y in range(out.shape[0]):
        top, down = low_y[y], part_y[y]
        bottom = min(top + 1, rows - 1)
        for x in range(out.shape[1]):
            left, across = low_x[x], part_x[x]
            right = min(left + 1, columns - 1)
            above = plane[top, left] + (plane[top, right] - plane[top, left]) * across
            below = plane[bottom, left] + (plane[bottom, right] - plane[bottom, left]) * across
            out[y, x] = above + (below - above) * down


def surround(plane: Plane, place: Box, size: Size, out: Plane) -> None:
    """Fill `out`, (h, w) float32 of the size of `surrounding`, from `plane`, (H, W) float32 over `place`.

    Bilinear; beside `place` the plane's edge goes on.
    """
    inner = Size(plane.shape[1], plane.shape[0])
    check_plane("plane", plane, inner)
    check_plane("out", out, surrounding(inner, place, size))
    across, down = taps_around(inner, place, size)
    _surround(plane, *across, *down, out)
