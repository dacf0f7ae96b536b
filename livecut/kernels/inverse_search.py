"""Dense inverse search: how small patches of a grey picture moved. One pixel at a time, as a GPU's threads do it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

__all__ = [
    "DAMPING",
    "FARTHEST",
    "SETTLED",
    "SIDE",
    "STEPS",
    "STRIDE",
    "coarsest_level",
    "dense_motion",
    "patch_count",
    "patch_motion",
]

SIDE: Final = 8
"""Side of a patch in pixels of its level."""
STRIDE: Final = 4
"""From one patch to the next; the last one ends with the picture."""
STEPS: Final = 6
"""Half of OpenCV's: more changed nothing that was measured on films of people."""
SETTLED: Final = np.float32(1e-3)
"""Square of a step, in pixels, after which a patch has arrived: most have after two steps."""
DAMPING: Final = np.float32(3000.0)
"""What holds each step back (Levenberg), as much as a slope of 7 levels a pixel: a patch of little texture stays with
its guess, where it would follow the camera's noise. Of 0 to 10,000, mattes flicker least with 1,000 to 3,000."""
FARTHEST: Final = np.float32(SIDE * SIDE)
"""Square of the way from the guess that a patch is believed to have gone."""
_PIXELS = np.float32(SIDE * SIDE)
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


def coarsest_level(width: int, height: int) -> int:
    """How often a picture is halved at most, so that patches still find room: OpenCV's rule."""
    by_width = int(np.log2(max(width, height) / (4.0 * SIDE)) + 0.5)
    return min(by_width, int(np.log2(min(width, height) / SIDE)))


def patch_count(side: int) -> int:
    """Patches along a side of at least `SIDE` pixels."""
    return -(-(side - SIDE) // STRIDE) + 1


def patch_motion(
    now: Any, before: Any, width: int, height: int, left: int, top: int, u: Any, v: Any
) -> tuple[Any, Any]:
    """Where in `before` the patch of `now` at `left`, `top` was, relative to its own place, in pixels; float32.

    Both are flat uint8 planes; `u`, `v` is the guess to begin with. Damped Gauss-Newton on the patch's own gradients,
    light apart (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016); the step that looks most alike
    counts, and a patch that would have gone farther than its own side stays with the guess.
    """
    sum_x = sum_y = sum_xx = sum_xy = sum_yy = _ZERO
    for y in range(top, top + SIDE):
        row, above, below = y * width, max(y - 1, 0) * width, min(y + 1, height - 1) * width
        for x in range(left, left + SIDE):
            across = (np.float32(now[row + min(x + 1, width - 1)]) - np.float32(now[row + max(x - 1, 0)])) * _HALF
            down = (np.float32(now[below + x]) - np.float32(now[above + x])) * _HALF
            sum_x += across
            sum_y += down
            sum_xx += across * across
            sum_xy += across * down
            sum_yy += down * down
    xx, yy = sum_xx - sum_x * sum_x / _PIXELS + DAMPING, sum_yy - sum_y * sum_y / _PIXELS + DAMPING
    xy = sum_xy - sum_x * sum_y / _PIXELS
    texture = xx * yy - xy * xy
    first_u, first_v = u, v
    best_u, best_v = u, v
    least = np.float32(np.inf)
    for _ in range(STEPS):
        total = total_x = total_y = squares = _ZERO
        for y in range(top, top + SIDE):
            row, above, below = y * width, max(y - 1, 0) * width, min(y + 1, height - 1) * width
            at_y = min(max(np.float32(y) + v, _ZERO), np.float32(height - 1))
            upper = min(int(at_y), height - 2)
            part_y = at_y - np.float32(upper)
            for x in range(left, left + SIDE):
                at_x = min(max(np.float32(x) + u, _ZERO), np.float32(width - 1))
                first = min(int(at_x), width - 2)
                part_x = at_x - np.float32(first)
                k = upper * width + first
                a, b = np.float32(before[k]), np.float32(before[k + 1])
                c, d = np.float32(before[k + width]), np.float32(before[k + width + 1])
                one, other = a + (b - a) * part_x, c + (d - c) * part_x
                off = one + (other - one) * part_y - np.float32(now[row + x])
                across = (np.float32(now[row + min(x + 1, width - 1)]) - np.float32(now[row + max(x - 1, 0)])) * _HALF
                down = (np.float32(now[below + x]) - np.float32(now[above + x])) * _HALF
                total += off
                squares += off * off
                total_x += off * across
                total_y += off * down
        cost = squares - total * total / _PIXELS
        if not cost < least:
            break
        least = cost
        best_u, best_v = u, v
        to_x, to_y = total_x - total * sum_x / _PIXELS, total_y - total * sum_y / _PIXELS
        step_u, step_v = (yy * to_x - xy * to_y) / texture, (xx * to_y - xy * to_x) / texture
        if step_u * step_u + step_v * step_v < SETTLED:
            break
        u, v = u - step_u, v - step_v
    far_u, far_v = best_u - first_u, best_v - first_v
    if far_u * far_u + far_v * far_v > FARTHEST:
        return first_u, first_v
    return best_u, best_v


def dense_motion(
    now: Any, before: Any, width: int, height: int, x: int, y: int, patch_u: Any, patch_v: Any, columns: int, rows: int
) -> tuple[Any, Any]:
    """The motion of a pixel: the mean of those of the patches over it, the more alike it looks there the more each.

    `patch_u`, `patch_v`: flat (rows · columns) float32, as of `patch_motion`.
    """
    first_column, first_row = max(0, (x - SIDE + STRIDE) // STRIDE), max(0, (y - SIDE + STRIDE) // STRIDE)
    last_column = columns - 1 if x >= width - SIDE else x // STRIDE
    last_row = rows - 1 if y >= height - SIDE else y // STRIDE
    own = np.float32(now[y * width + x])
    sum_u = sum_v = weights = _ZERO
    for row in range(first_row, last_row + 1):
        for column in range(first_column, last_column + 1):
            u, v = patch_u[row * columns + column], patch_v[row * columns + column]
            at_x = min(max(np.float32(x) + u, _ZERO), np.float32(width - 1))
            at_y = min(max(np.float32(y) + v, _ZERO), np.float32(height - 1))
            left, top = min(int(at_x), width - 2), min(int(at_y), height - 2)
            part_x, part_y = at_x - np.float32(left), at_y - np.float32(top)
            k = top * width + left
            a, b = np.float32(before[k]), np.float32(before[k + 1])
            c, d = np.float32(before[k + width]), np.float32(before[k + width + 1])
            upper, lower = a + (b - a) * part_x, c + (d - c) * part_x
            weight = _ONE / max(_ONE, abs(upper + (lower - upper) * part_y - own))
            sum_u += weight * u
            sum_v += weight * v
            weights += weight
    return sum_u / weights, sum_v / weights
