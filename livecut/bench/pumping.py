"""Measures depth pumping: how much the blur of what stands still changes over time. Formula: docs/measures.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from livecut.app.build import cpu_plan
from livecut.bench.measures import Flow, Map, Mask
from livecut.effects.bokeh import Bokeh
from livecut.kernels.cpu.geometry import fit
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Frame, Pixels, Size

__all__ = ["SHIPPED", "WIDEST", "Moment", "Pumping", "measure_pumping", "pumping"]

SIZE: Final = Size(1280, 720)
_GRID: Final = Size(320, 180)
"""On which places are followed: radii change slowly, and flow takes a while."""
_PITCH: Final = 8
_SEED_EACH: Final = 30
_LEAST_FRAMES: Final = 30
_NOBODY: Final = 0.02
_FRAME_NS: Final = 33_333_333

SHIPPED: Final[dict[str, Any]] = {}
"""Changes to `effect.bokeh`: none."""
WIDEST: Final[dict[str, Any]] = {"aperture": 4.0, "max_radius_px": 128.0, "least_blur": 0.0}
"""The strongest lens with the least floor: nearly every change of depth is one of the radius."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One frame on the grid."""

    radius: Map
    """(h, w) of the blur, in any unit."""
    room: Mask
    """(h, w) where nobody is."""
    place: Map
    """(h, w, 2) where each point was in the frame before, x and y."""
    believed: Mask
    """(h, w) whether that is known."""


@dataclass(frozen=True, slots=True)
class Pumping:
    """Standard deviation over time of the blur radius, over its mean, at points of the room that were followed."""

    mean: float
    """Over all points, by how long each was followed."""
    p95: float
    points: int


class _Track:
    __slots__ = ("count", "squares", "total", "x", "y")

    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y
        self.count, self.total, self.squares = 0, 0.0, 0.0

    def take(self, radius: float) -> None:
        self.count += 1
        self.total += radius
        self.squares += radius * radius

    @property
    def change(self) -> float:
        mean = self.total / self.count
        spread = max(self.squares / self.count - mean * mean, 0.0)
        return float(np.sqrt(spread) / mean)


def pumping(moments: list[Moment]) -> Pumping | None:
    """Of one video, its frames in order; None where no point of the room could be followed for a second.

    Points of the room are followed backwards along the flow until somebody hides them, they leave the picture or the
    flow is not sure of them (also at a cut). New ones are taken up each second wherever there is none.
    """
    live: list[_Track] = []
    done: list[_Track] = []
    for number in range(len(moments) - 1, -1, -1):
        now = moments[number]
        if (len(moments) - 1 - number) % _SEED_EACH == 0:
            live += _seeded(now.room, live)
        kept: list[_Track] = []
        for track in live:
            x, y = round(track.x), round(track.y)
            if not now.room[y, x]:
                done.append(track)
                continue
            track.take(_at(now.radius, track.x, track.y))
            track.x, track.y = (float(v) for v in now.place[y, x] + (track.x - x, track.y - y))
            inside = -0.5 < track.x < now.room.shape[1] - 0.5 and -0.5 < track.y < now.room.shape[0] - 0.5
            (kept if inside and now.believed[y, x] else done).append(track)
        live = kept
    long = [track for track in (*done, *live) if track.count >= _LEAST_FRAMES]
    if not long:
        return None
    changes, counts = np.array([track.change for track in long]), np.array([track.count for track in long])
    return Pumping(float(np.average(changes, weights=counts)), float(np.percentile(changes, 95)), len(long))


def _seeded(room: Mask, live: list[_Track]) -> list[_Track]:
    taken = {(round(track.y) // _PITCH, round(track.x) // _PITCH) for track in live}
    half = _PITCH // 2
    return [
        _Track(x, y)
        for y in range(half, room.shape[0], _PITCH)
        for x in range(half, room.shape[1], _PITCH)
        if room[y, x] and (y // _PITCH, x // _PITCH) not in taken
    ]


def _at(plane: Map, x: float, y: float) -> float:
    h, w = plane.shape
    x, y = min(max(x, 0.0), w - 1.0), min(max(y, 0.0), h - 1.0)
    left, top = min(int(x), max(w - 2, 0)), min(int(y), max(h - 2, 0))
    right, bottom, u, v = min(left + 1, w - 1), min(top + 1, h - 1), x - left, y - top
    upper = plane[top, left] * (1 - u) + plane[top, right] * u
    lower = plane[bottom, left] * (1 - u) + plane[bottom, right] * u
    return float(upper * (1 - v) + lower * v)


def measure_pumping(
    frames: Iterable[Pixels],
    changes: dict[str, Any],
    *,
    model: str = Settings().model.name,
    device: str = "auto",
    step: Callable[[], object] = lambda: None,
) -> Pumping | None:
    """Of `bokeh` with these `changes` to its table, the whole pipeline at 1280x720; `step` is called each frame."""
    effect = {"name": "bokeh", "bokeh": changes}
    plan = cpu_plan(apply(Settings(), {"effect": effect, "model": {"name": model}, "device": device}), SIZE, Meter())
    lens = plan.effect
    assert isinstance(lens, Bokeh)
    flow, canvas = Flow(), plan.new_canvas()
    before: Pixels | None = None
    moments: list[Moment] = []
    try:
        for index, bgr in enumerate(frames):
            filled = np.empty((SIZE.height, SIZE.width, 3), np.uint8)
            fit(np.ascontiguousarray(bgr), filled, mode="cover")
            scene = plan.render(Frame(filled, index, index * _FRAME_NS), canvas)
            assert scene.matte is not None
            small = np.asarray(cv2.resize(filled, _GRID, interpolation=cv2.INTER_AREA), np.uint8)
            place, believed = flow.between(small if before is None else before, small)
            cover = cv2.resize(scene.matte.alpha, _GRID, interpolation=cv2.INTER_AREA)
            radius = np.asarray(cv2.resize(lens.radius_px, _GRID, interpolation=cv2.INTER_LINEAR), np.float32)
            moments.append(Moment(radius, np.asarray(cover < _NOBODY * 255), place, believed))
            before = small
            step()
    finally:
        plan.close()
    return pumping(moments)
