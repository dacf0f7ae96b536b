"""A lens, slowly, for scenes whose every layer is known, also where another one hides it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livecut.types import Pixels, Plane, Plane8
from support.scatter import Doubles, to_levels, to_light

__all__ = ["Doubles", "Layer", "Lens", "Scene", "photograph", "seen_through"]

_FINE = 5
"""Sub-pixels a side with which an aperture's edge is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A surface that may be bent, with holes: all of it is known."""

    bgr: Doubles
    """(h, w, 3) levels 0 … 255."""
    alpha: Doubles
    """(h, w) 0 … 1."""
    nearness: Doubles
    """(h, w); few different values: the lens spreads each for itself."""
    is_person: bool = False


Scene: TypeAlias = list[Layer]
"""From the farthest to the nearest."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What `effect.bokeh` promises, in pixels: see livecut/settings/sections.py."""

    focus: float
    gain: float
    """Radius at a nearness 1 beyond the sharp range."""
    cap: float
    least: float
    """Of all but the person."""
    depth_of_field: float
    person_sharp: bool
    margin: float
    """How much nearer than the person something may be that she holds."""
    bloom: float
    blades: int = 0
    turned_deg: float = 0.0

    def radii(self, layer: Layer) -> Doubles:
        """(h, w) radius of the circle of confusion."""
        if layer.is_person and self.person_sharp:
            return np.zeros(layer.nearness.shape)
        away = layer.nearness - self.focus
        slack = self.depth_of_field + (0 if layer.is_person else self.margin) * (away > 0)
        radius = np.minimum(np.maximum(np.abs(away) - slack, 0) * self.gain, self.cap)
        return np.asarray(radius if layer.is_person else np.maximum(radius, self.least))

    def is_before(self, layer: Layer) -> NDArray[np.bool_]:
        """(h, w) what is out of focus before the focus plane."""
        slack = self.depth_of_field + (0 if layer.is_person else self.margin)
        sharp = layer.is_person and self.person_sharp
        return np.asarray((layer.nearness - self.focus > slack) & (not sharp))


def photograph(layers: Scene) -> tuple[Pixels, Plane8, Plane]:
    """All in focus: the picture, the person's visible alpha and the nearness of what is seen, the farthest first."""
    light = to_light(layers[0].bgr, 0.0)
    alpha = np.zeros(light.shape[:2])
    nearness = layers[0].nearness.copy()
    for layer in layers[1:]:
        cover = layer.alpha
        light = light * (1 - cover[..., None]) + to_light(layer.bgr, 0.0) * cover[..., None]
        alpha = alpha * (1 - cover) + (cover if layer.is_person else 0)
        nearness = np.where(cover > 0.5, layer.nearness, nearness)
    bgr: Pixels = np.rint(to_levels(light, 0.0)).astype(np.uint8)
    return bgr, np.rint(alpha * 255).astype(np.uint8), nearness.astype(np.float32)


def seen_through(lens: Lens, layers: Scene) -> tuple[Doubles, Doubles]:
    """Levels (h, w, 3) of the scene through the lens, and how much (h, w) lies out of focus before its focus plane.

    Every point of a surface spreads its light over its circle of confusion, in linear light; the surfaces then lie over
    each other. Beyond the picture's border a surface goes on as its mean within reach.
    """
    light = np.zeros(layers[0].bgr.shape)
    before = np.zeros(light.shape[:2])
    for layer in layers:
        spread, cover = _spread(lens, layer)
        light = light * (1 - cover[..., None]) + spread
        if lens.is_before(layer).any():
            before = before * (1 - cover) + cover
    return to_levels(light, lens.bloom), before


def _spread(lens: Lens, layer: Layer) -> tuple[Doubles, Doubles]:
    """Light times coverage (h, w, 3), and coverage (h, w), of a layer out of focus."""
    light = to_light(layer.bgr, lens.bloom) * layer.alpha[..., None]
    radii = lens.radii(layer)
    sizes = np.unique(radii)
    if sizes[-1] == 0:
        return light, layer.alpha
    h, w = radii.shape
    reach = math.ceil(1.3 * sizes[-1]) + 2
    shape = (h + 2 * reach, w + 2 * reach)
    planes = np.dstack([light, layer.alpha, np.ones((h, w))])
    # Before the focus rays have not crossed yet: what lies there shows the aperture the other way up.
    turned_deg = lens.turned_deg + (180 if lens.is_before(layer).any() else 0)
    total = np.zeros((5, shape[0], shape[1] // 2 + 1), np.complex128)
    for size in sizes:
        here = planes * (radii == size)[..., None]
        disc = np.fft.rfft2(_aperture(float(size), reach, lens.blades, turned_deg), shape)
        total += np.fft.rfft2(here.transpose(2, 0, 1), shape, axes=(1, 2)) * disc
    sums = np.fft.irfft2(total, shape, axes=(1, 2))[:, reach : reach + h, reach : reach + w]
    sums = np.maximum(sums, 0) / np.maximum(sums[4], 1e-9)
    return sums[:3].transpose(1, 2, 0), np.clip(sums[3], 0, 1)


def _aperture(radius: float, reach: int, blades: int, turned_deg: float) -> Doubles:
    """(2 reach + 1, 2 reach + 1) of sum 1: a disc, or the polygon of its area, a corner up if not turned."""
    fine = (np.arange((2 * reach + 1) * _FINE) + 0.5) / _FINE - reach - 0.5
    x, y = fine[None, :], fine[:, None]
    radius = max(radius, 0.5)
    if blades < 3:
        inside = x * x + y * y <= radius * radius
    else:
        apothem = radius * math.sqrt(math.pi / (blades * math.tan(math.pi / blades)))
        inside = np.ones((fine.size, fine.size), np.bool_)
        for blade in range(blades):
            turn = math.radians(turned_deg) + 2 * math.pi * (blade + 0.5) / blades - math.pi / 2
            inside &= x * math.cos(turn) + y * math.sin(turn) <= apothem
    mean = inside.reshape(2 * reach + 1, _FINE, 2 * reach + 1, _FINE).mean(axis=(1, 3))
    return np.asarray(mean / mean.sum())
