"""Parts beside a person: how they are numbered, which she holds by where they touch her and end, how long they last."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.types import Plane, Size

__all__ = [
    "FALL", "HALO", "LEAST", "LEAST_PERSON", "LEAST_SPAN", "MOST", "OVERSHOOT", "PROBE", "RISE", "choose_held",
    "fill_chosen", "join", "made_up", "measure", "root", "scale_of", "window",
]  # fmt: skip

_GRID: Final = 288 * 160
"""Pixels of the planes that lengths in pixels were tried on; on others they grow and shrink alike."""
OVERSHOOT: Final = 0.05
"""How far outside 0 … 1 a coverage may lie, as for the plan."""
LEAST_PERSON: Final = 0.005
"""Share of the frame below which nobody is there to hold anything."""
LEAST_SPAN: Final = 0.15
"""Least distance between person and room, as a share of the range of nearness: flat depth says nothing."""
RISE: Final = 0.5
FALL: Final = 0.2
"""Shares of a change that are followed in one frame: what appears soon, what seems to go slowly."""

# Nearness is measured in spans: 0 as near as the person is close by, -1 as far as the room is on average.
_MEAN: Final = 0.25
"""How much farther than the person a thing may be on the whole."""
_STEP: Final = 0.4
"""Least mean drop of nearness across the free rim: a thing in a hand ends before the room, a table leads into it."""
_BEYOND: Final = 0.5
"""How far behind her the room must be there: a floor that rises towards the camera is not."""
PROBE: Final = 9
"""How far outside a rim the room is looked for, in pixels: a network's depth takes as many to fall."""
HALO: Final = 7.0
"""Closer to the person's own nearness than this, in pixels, nothing is known of the room's."""
_TOUCH: Final = 0.1
"""Least share of the outline along the person: what is held is joined to her by more than a corner."""
_LEAST_TOUCH: Final = 4
"""Least length of the outline, in pixels, along the person: what is held is joined to her."""
_BORDER: Final = 0.35
"""Most of the outline that may lie on the picture's border: what goes on beyond it widely is furniture."""
_ENCLOSED: Final = 0.6
"""Share of the outline along the person from which on a thing lies on her, and needs no rim of its own,"""
_ON_HER: Final = 0.03
"""if it is not farther than this: between arm and body the room is nearly as near, as far as a network can tell."""
LEAST: Final = 0.002
"""Smallest thing, as a share of the frame."""
MOST: Final = 1.0
"""Largest thing, and most that is kept altogether, as a share of the person."""
_HOLD: Final = 0.5
"""How much more is forgiven to what was kept in the frame before."""


@njit(cache=True, nogil=True)
def root(parent: Any, label: int) -> int:
    """The label that stands for all that were joined with this one; the way there gets shorter."""
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@njit(cache=True, nogil=True)
def join(solid: Any, labels: Any, parent: Any) -> int:
    """Number the 4-connected parts of `solid` (h, w) uint8 in `labels` (h, w) int32, -1 where it is 0.

    `parent`: int32 memory for half as many labels as there are pixels. Returns one more than the largest label; some
    below it are used by no pixel. Two passes of union-find.
    """
    h, w = solid.shape
    count = 0
    for y in range(h):
        for x in range(w):
            if solid[y, x] == 0:
                labels[y, x] = -1
                continue
            above = labels[y - 1, x] if y > 0 else -1
            left = labels[y, x - 1] if x > 0 else -1
            if above < 0 and left < 0:
                label = count
                parent[label] = label
                count += 1
            elif left < 0 or above < 0 or above == left:
                label = max(above, left)
            else:
                one, other = root(parent, above), root(parent, left)
                label = min(one, other)
                parent[max(one, other)] = label
            labels[y, x] = label
    for y in range(h):
        for x in range(w):
            if labels[y, x] >= 0:
                labels[y, x] = root(parent, labels[y, x])
    return count


@njit(cache=True, nogil=True)
def measure(
    labels: Any, alpha: Any, near: Any, away: Any, state: Any, probe: int, halo: Any, count: int, found: Any
) -> None:
    """Fill `found` (labels, 8) float64 for each of `count` parts of `labels`, all (h, w).

    Columns: area; outline along the person, along the picture's border, elsewhere, in sides of pixels; nearness of the
    probes, summed, and their number; `state`, what was held before, summed; nearness summed. A probe is taken `probe`
    pixels straight out from the free outline, where that is in the picture, outside the part and at least `halo` away
    from the person (`away`).
    """
    h, w = labels.shape
    for label in range(count):
        for k in range(8):
            found[label, k] = 0.0
    for y in range(h):
        for x in range(w):
            label = labels[y, x]
            if label < 0:
                continue
            found[label, 0] += 1.0
            found[label, 6] += state[y, x]
            found[label, 7] += near[y, x]
            for side in range(4):
                dy, dx = (side - 1) * (1 - side % 2), (side - 2) * (side % 2)
                v, u = y + dy, x + dx
                if v < 0 or u < 0 or v >= h or u >= w:
                    found[label, 2] += 1.0
                    continue
                if labels[v, u] == label:
                    continue
                if alpha[v, u] > np.float32(0.5):
                    found[label, 1] += 1.0
                    continue
                found[label, 3] += 1.0
                v, u = y + dy * probe, x + dx * probe
                if v < 0 or u < 0 or v >= h or u >= w or labels[v, u] == label or away[v, u] < halo:
                    continue
                found[label, 4] += near[v, u]
                found[label, 5] += 1.0


@njit(cache=True, nogil=True)
def _held(found: Any, label: int, pixels: float, person: float) -> bool:
    area, touch, border, free, beyond, probes, before, near = found[label]
    if area < LEAST * pixels or area > MOST * person or touch < _LEAST_TOUCH:
        return False
    held = _HOLD * before / area
    outline = touch + border + free
    if touch < _TOUCH * (1.0 - held) * outline:
        return False
    if border > _BORDER * (1.0 + held) * outline:
        return False
    mean = near / area
    if touch > _ENCLOSED * outline and mean >= -_ON_HER:
        return True
    if probes == 0.0:
        return False
    beyond /= probes
    if mean < -_MEAN * (1.0 + held) or beyond > -_BEYOND * (1.0 - held):
        return False
    return bool(mean - beyond >= _STEP * (1.0 - held))


@njit(cache=True, nogil=True)
def choose_held(count: int, pixels: float, person: float, parent: Any, found: Any) -> float:
    """Put 1 into `parent` for each part of `found` that is held, else 0; returns their area together.

    `pixels`: of the plane; `person`: how many of them are hers.
    """
    total = 0.0
    for label in range(count):
        stays = found[label, 0] > 0.0 and _held(found, label, pixels, person)
        parent[label] = 1 if stays else 0
        if stays:
            total += found[label, 0]
    return total


@njit(cache=True, nogil=True)
def fill_chosen(labels: Any, parent: Any, out: Any) -> None:
    """Put 1 into `out` (pixels) uint8 where the part of `labels` (pixels) is one that `parent` says stays, else 0."""
    for k in range(out.size):
        out[k] = np.uint8(1) if labels[k] >= 0 and parent[labels[k]] == 1 else np.uint8(0)


def scale_of(size: Size) -> float:
    """How much longer lengths in pixels are on planes of `size` than on those they were tried on."""
    return math.sqrt(size.width * size.height / _GRID)


def window(half: float, scale: float) -> NDArray[np.uint8]:
    """A square for erosion and dilation by `half` pixels times `scale`, one pixel at least."""
    side = 2 * max(1, round(half * scale)) + 1
    return np.ones((side, side), np.uint8)


def made_up(size: Size) -> tuple[Plane, Plane]:
    """The matte of somebody in the middle third of a picture of `size`, and what she holds to her right, float32."""
    person, thing = np.zeros((2, size.height, size.width), np.float32)
    left, right = size.width // 3, size.width - size.width // 3
    person[size.height // 6 :, left:right] = 1.0
    thing[size.height // 3 : 2 * size.height // 3, right : right + size.width // 6] = 1.0
    return person, thing
