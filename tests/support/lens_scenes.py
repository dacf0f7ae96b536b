"""Rooms with a person in them, made from a number: all layers known, textures free of rights.

Textures are those that scikit-image carries: coffee, chelsea (both CC0, by their photographers), rocket (SpaceX, public
domain), brick, grass and gravel (CC0), and made ones.
"""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
from skimage import data

from livecut.types import Size
from support.layered_lens import Layer, Scene
from support.scatter import Doubles

__all__ = ["make_scene"]

_PICTURES = ("coffee", "chelsea", "rocket", "brick", "grass", "gravel")
_FLOOR_STEPS = 14


@cache
def _picture(name: str) -> Doubles:
    found = np.asarray(getattr(data, name)(), np.float64)
    return found[..., ::-1] if found.ndim == 3 else np.repeat(found[..., None], 3, axis=2)


def _texture(random: np.random.Generator, size: Size) -> Doubles:
    """A cut-out of one of the pictures, or waves and blocks, in any light."""
    kind = int(random.integers(0, len(_PICTURES) + 2))
    if kind < len(_PICTURES):
        picture = _picture(_PICTURES[kind])
        share = random.uniform(0.6, 1.0)
        across = min(int(picture.shape[1] * share), int(picture.shape[0] * share * size.width / size.height))
        down = across * size.height // size.width
        top = int(random.integers(0, picture.shape[0] - down + 1))
        left = int(random.integers(0, picture.shape[1] - across + 1))
        part = picture[top : top + down, left : left + across]
        return np.clip(cv2.resize(part, size, interpolation=cv2.INTER_AREA), 0, 255).astype(np.float64)
    tint = random.uniform(0.4, 1.0, 3)
    if kind == len(_PICTURES):
        y, x = np.mgrid[0 : size.height, 0 : size.width]
        waves = sum(np.sin(x / random.uniform(5, 40) + y / random.uniform(9, 60) + k) for k in range(4))
        return np.clip(120 + 25 * np.asarray(waves)[..., None] * tint + random.normal(0, 6, (*x.shape, 1)), 0, 255)
    cell = int(random.integers(14, 40))
    blocks = random.uniform(30, 220, (size.height // cell + 1, size.width // cell + 1, 3)) * tint
    return np.asarray(blocks.repeat(cell, 0).repeat(cell, 1)[: size.height, : size.width])


def _lamps(random: np.random.Generator, bgr: Doubles, count: int) -> None:
    """Bright points, white and coloured."""
    height, width = bgr.shape[:2]
    for _ in range(count):
        x, y = int(random.integers(0, width)), int(random.integers(0, height * 2 // 3))
        colour = np.array([255.0, 255.0, 255.0]) if random.random() < 0.5 else random.uniform(90, 255, 3)
        cv2.circle(bgr, (x, y), int(random.integers(1, 4)), [float(c) for c in colour], -1)


def _soft(mask: Doubles, px: float) -> Doubles:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), px), np.float64)


def _flat(size: Size, value: float) -> Doubles:
    return np.full((size.height, size.width), value)


def _drawn(size: Size) -> Doubles:
    return np.zeros((size.height, size.width))


def _furniture(random: np.random.Generator, size: Size, nearness: float) -> Layer:
    """Boxes and a ball that stand before the wall."""
    mask = _drawn(size)
    for _ in range(int(random.integers(1, 4))):
        left, top = int(random.integers(0, size.width - 40)), int(random.integers(0, size.height - 40))
        right, bottom = left + int(random.integers(30, 110)), top + int(random.integers(30, 130))
        cv2.rectangle(mask, (left, top), (right, bottom), 1.0, -1)
    centre = (int(random.integers(0, size.width)), int(random.integers(0, size.height)))
    cv2.circle(mask, centre, int(random.integers(15, 45)), 1.0, -1)
    return Layer(_texture(random, size), _soft(mask, 0.6), _flat(size, nearness))


def _floor(random: np.random.Generator, size: Size, far: float, near: float) -> Layer:
    """A slanted plane from the horizon to the lower border, in steps too small to be seen."""
    horizon = int(size.height * random.uniform(0.5, 0.75))
    rows = np.clip((np.arange(size.height) - horizon) / (size.height - horizon), 0, 1)
    steps = np.round(rows * _FLOOR_STEPS) / _FLOOR_STEPS
    nearness = (far + (near - far) * steps)[:, None].repeat(size.width, axis=1)
    alpha = (np.arange(size.height) >= horizon).astype(np.float64)[:, None].repeat(size.width, axis=1)
    return Layer(_texture(random, size), alpha, nearness)


def _person(random: np.random.Generator, size: Size, nearness: float) -> Layer:
    """Head with curls, neck, shoulders, and sometimes a raised arm."""
    unit = size.height * random.uniform(0.14, 0.2)
    x, y = size.width * random.uniform(0.35, 0.65), size.height * random.uniform(0.36, 0.46)
    turns = np.linspace(0, 2 * math.pi, 240, endpoint=False)
    curls = 1 + 0.05 * np.sin(turns * int(random.integers(9, 17))) * (np.sin(turns) < 0.2)
    mask = _drawn(size)
    head = np.stack([x + unit * 0.78 * curls * np.cos(turns), y + unit * curls * np.sin(turns)], axis=1)
    cv2.fillPoly(mask, [np.rint(head * 16).astype(np.int32)], 1.0, cv2.LINE_8, 4)
    cv2.rectangle(mask, (int(x - 0.35 * unit), int(y)), (int(x + 0.35 * unit), size.height), 1.0, -1)
    cv2.ellipse(mask, (int(x), size.height + int(0.2 * unit)), (int(2 * unit), int(2.2 * unit)), 0, 0, 360, 1.0, -1)
    if random.random() < 0.5:
        hand = (int(x + 2.1 * unit), int(y + 0.2 * unit))
        cv2.line(mask, (int(x + 1.3 * unit), size.height), hand, 1.0, max(int(0.5 * unit), 2))
        cv2.circle(mask, hand, int(0.42 * unit), 1.0, -1)
    bgr = _texture(random, size) * 0.5 + np.array([95.0, 120.0, 170.0]) * random.uniform(0.3, 0.6)
    return Layer(np.clip(bgr, 0, 255), _soft(mask, random.uniform(0.5, 1.2)), _flat(size, nearness), is_person=True)


def _thing(random: np.random.Generator, size: Size, nearness: float) -> Layer:
    """Something between the person and the lens: a rail, a leaf, a post."""
    mask = _drawn(size)
    kind = int(random.integers(0, 3))
    thick = int(size.height * random.uniform(0.06, 0.14))
    if kind == 0:
        left, right = (int(random.integers(0, size.height)) for _ in range(2))
        cv2.line(mask, (0, left), (size.width, right), 1.0, thick)
    elif kind == 1:
        centre = (int(size.width * random.uniform(0.3, 0.7)), int(size.height * random.uniform(0.7, 1.0)))
        cv2.ellipse(mask, centre, (3 * thick, thick), float(random.uniform(0, 180)), 0, 360, 1.0, -1)
    else:
        at = int(random.integers(size.width // 4, 3 * size.width // 4))
        cv2.line(mask, (at, 0), (at + thick, size.height), 1.0, thick)
    return Layer(_texture(random, size), _soft(mask, 0.6), _flat(size, nearness))


def make_scene(seed: int, size: Size, *, person: float = 0.72, thing: float | None = None) -> Scene:
    """Wall, sometimes floor and furniture, lamps, a person, and something nearer where `thing` says how near."""
    random = np.random.default_rng(seed)
    wall = _texture(random, size)
    _lamps(random, wall, int(random.integers(0, 9)))
    far = float(random.uniform(0.0, 0.2))
    layers = [Layer(wall, np.ones(wall.shape[:2]), _flat(size, far))]
    if seed % 3 == 1:
        layers.append(_floor(random, size, far, 0.66))
    if seed % 3 != 0:
        for nearness in sorted(random.uniform(far + 0.08, 0.6, int(random.integers(1, 3)))):
            layers.append(_furniture(random, size, float(nearness)))
    layers.append(_person(random, size, person))
    if thing is not None:
        layers.append(_thing(random, size, thing))
    return layers
