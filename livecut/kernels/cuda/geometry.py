"""Fitting of a picture into another size, and mirroring, on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from livecut.kernels.cpu import geometry as cpu
from livecut.kernels.cpu.geometry import Box, Fit, fit_boxes
from livecut.kernels.cuda.device import Device
from livecut.types import WHOLE, Size, View

__all__ = ["clear_beside", "fit", "linear_sample", "mirrored_place"]


@cuda.jit(device=True)
def linear_sample(image: Any, width: Any, channel: Any, x: Any, y: Any, x0: Any, y0: Any, x1: Any, y1: Any) -> Any:
    """A channel of an interleaved picture at `x`, `y` (centres at whole numbers), held inside x0 … x1 and y0 … y1."""
    x = min(max(x, np.float32(x0)), np.float32(x1))
    y = min(max(y, np.float32(y0)), np.float32(y1))
    left, top = int(x), int(y)
    right, below = min(left + 1, x1), min(top + 1, y1)
    across, down = x - np.float32(left), y - np.float32(top)
    a = np.float32(image[3 * (top * width + left) + channel])
    b = np.float32(image[3 * (top * width + right) + channel])
    c = np.float32(image[3 * (below * width + left) + channel])
    d = np.float32(image[3 * (below * width + right) + channel])
    upper = a + (b - a) * across
    lower = c + (d - c) * across
    return upper + (lower - upper) * down


@cuda.jit(device=True)
def mirrored_place(place: Any, count: Any) -> Any:
    """Which of `count` pixels stands at `place`, be it beside them: each edge pixel once, as often as need be."""
    if count == 1:
        return 0
    period = 2 * (count - 1)
    place = (place % period + period) % period
    return min(place, period - place)


@cuda.jit(cache=True)
def _linear(
    image: Any, source_width: Any, x0: Any, y0: Any, x1: Any, y1: Any, from_x: Any, from_y: Any, per_x: Any, per_y: Any,
    left: Any, top: Any, wide: Any, tall: Any, mirrored: Any, width: Any, height: Any, out: Any,
) -> None:  # fmt: skip
    # Target pixel (x, y) inside the box shows (from + per * place) of the source; outside it is mirrored at its edge.
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    for y in range(start_y, height, step_y):
        for x in range(start_x, width, step_x):
            column, row = mirrored_place(x - left, wide), mirrored_place(y - top, tall)
            if mirrored:
                column = wide - 1 - column
            at_x = from_x + per_x * np.float32(column)
            at_y = from_y + per_y * np.float32(row)
            for channel in range(3):
                level = linear_sample(image, source_width, channel, at_x, at_y, x0, y0, x1, y1)
                out[3 * (y * width + x) + channel] = np.uint8(level + np.float32(0.5))


@cuda.jit(device=True)
def _area_mean(image: Any, width: Any, channel: Any, left: Any, right: Any, top: Any, bottom: Any) -> Any:
    # The mean of a rectangle in pixels, its cut-off pixels counted in part.
    total = np.float32(0.0)
    weight = np.float32(0.0)
    y = int(top)
    while np.float32(y) < bottom:
        share_y = min(np.float32(y + 1), bottom) - max(np.float32(y), top)
        x = int(left)
        while np.float32(x) < right:
            share = share_y * (min(np.float32(x + 1), right) - max(np.float32(x), left))
            total += share * np.float32(image[3 * (y * width + x) + channel])
            weight += share
            x += 1
        y += 1
    return total / weight


@cuda.jit(cache=True)
def _area(
    image: Any, source_width: Any, x0: Any, y0: Any, x1: Any, y1: Any,
    left: Any, top: Any, wide: Any, tall: Any, mirrored: Any, width: Any, height: Any, out: Any,
) -> None:  # fmt: skip
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    per_x = np.float32(x1 + 1 - x0) / np.float32(wide)
    per_y = np.float32(y1 + 1 - y0) / np.float32(tall)
    for y in range(start_y, height, step_y):
        for x in range(start_x, width, step_x):
            column, row = mirrored_place(x - left, wide), mirrored_place(y - top, tall)
            if mirrored:
                column = wide - 1 - column
            from_x = np.float32(x0) + per_x * np.float32(column)
            from_y = np.float32(y0) + per_y * np.float32(row)
            to_x = min(from_x + per_x, np.float32(x1 + 1))
            to_y = min(from_y + per_y, np.float32(y1 + 1))
            for channel in range(3):
                level = _area_mean(image, source_width, channel, from_x, to_x, from_y, to_y)
                out[3 * (y * width + x) + channel] = np.uint8(min(level + np.float32(0.5), np.float32(255.0)))


@cuda.jit(cache=True)
def _clear_beside(
    left: Any, top: Any, wide: Any, tall: Any, width: Any, height: Any, channels: Any, out: Any
) -> None:  # fmt: skip
    start_x, start_y = cuda.grid(2)
    step_x, step_y = cuda.gridsize(2)
    for y in range(start_y, height, step_y):
        for x in range(start_x, width, step_x):
            if not (left <= x < left + wide and top <= y < top + tall):
                for channel in range(channels):
                    out[channels * (y * width + x) + channel] = 0


def clear_beside(device: Device, place: Box, out: Any, size: Size, channels: int) -> None:
    """Make 0 what lies beside `place` in `out` (`channels` · pixels of `size`), uint8 on the device."""
    device.over(_clear_beside, *size, *place, *size, channels, out)


def fit(
    device: Device, bgr: Any, source: Size, out: Any, target: Size, *, mode: Fit = "cover", mirrored: bool = False,
    view: View = WHOLE,
) -> None:  # fmt: skip
    """Fill `out` (3 · target pixels) with `bgr` (3 · source pixels), both uint8 on the device, as the CPU's `fit`.

    In the bars of `contain` the picture is mirrored at its edge. A view between pixels is exact here, where OpenCV
    rounds places to 1/32 of a pixel.
    """
    cut, place = fit_boxes(source, target, mode)
    edges: tuple[float, float, float, float] = (cut.x, cut.y, cut.width, cut.height)
    between = False
    if view != WHOLE:
        x, y, share = view
        left = 1.0 - share - x if mirrored else x
        edges = (cut.x + left * cut.width, cut.y + y * cut.height, share * cut.width, share * cut.height)
        cut, between = cpu._on_pixels(edges, source, place)
    size = (target.width, target.height, out)
    if between:
        bounds = (0, 0, source.width - 1, source.height - 1)
    else:
        bounds = (cut.x, cut.y, cut.x + cut.width - 1, cut.y + cut.height - 1)
        edges = (cut.x, cut.y, cut.width, cut.height)
        if cut.width >= 2 * place.width and cut.height >= 2 * place.height:
            device.over(_area, *target, bgr, source.width, *bounds, *place, mirrored, *size)
            return
    per_x, per_y = edges[2] / place.width, edges[3] / place.height
    start = (edges[0] + per_x / 2 - 0.5, edges[1] + per_y / 2 - 0.5)
    steps = (np.float32(start[0]), np.float32(start[1]), np.float32(per_x), np.float32(per_y))
    device.over(_linear, *target, bgr, source.width, *bounds, *steps, *place, mirrored, *size)
