"""Hair, spread fingers and glasses: what a network's grid is too coarse for, and the picture shows."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import pytest

from livecut.estimators.refined import Refined
from livecut.settings.sections import MatteSettings
from livecut.types import Frame, Pixels, Plane, Size, SoftMatte

SIZES = [Size(1280, 720), Size(1920, 1080)]
GRID = Size(288, 160)
SKIN, HAIR, RIM = (70, 80, 110), (30, 35, 45), (25, 25, 30)


class Scene(NamedTuple):
    """Somebody drawn at 1280x720 and laid before a soft, noisy room, at the size asked for."""

    bgr: Pixels
    alpha: Plane
    hair: Plane
    fingers: Plane
    glasses: Plane


def _line(plane: Plane, points: list[tuple[float, float]], thickness: float, scale: float) -> None:
    places = np.round(np.array(points) * scale * 16).astype(np.int32)
    cv2.polylines(plane, [places], False, 1.0, max(1, round(thickness * scale)), cv2.LINE_AA, 4)


def _disc(plane: Plane, centre: tuple[int, int], axes: tuple[int, int], scale: float) -> None:
    x, y, a, b = (round(value * scale) for value in (*centre, *axes))
    cv2.ellipse(plane, (x, y), (a, b), 0, 0, 360, 1.0, -1, cv2.LINE_AA)


def _blank(size: Size) -> Plane:
    return np.zeros((size.height, size.width), np.float32)


def _scene(size: Size, wall: int, seed: int) -> Scene:
    rng, scale = np.random.default_rng(seed), size.width / 1280
    body, hair, fingers, glasses = (_blank(size) for _ in range(4))
    _disc(body, (560, 300), (120, 160), scale)
    _disc(body, (560, 760), (330, 330), scale)
    for _ in range(26):
        angle, bend = np.deg2rad(rng.uniform(180, 360)), rng.normal(0, 0.4)
        root = 560 + 118 * np.cos(angle), 300 + 158 * np.sin(angle)
        reach = [(60 * t, angle + bend * t) for t in np.linspace(0, 1, 12)]
        strand = [(root[0] + r * np.cos(a), root[1] + r * np.sin(a)) for r, a in reach]
        _line(hair, strand, int(rng.integers(2, 5)), scale)
    for k in range(5):
        root_x = 930 + 34 * k
        _line(fingers, [(root_x, 430), (root_x + 10 * (k - 2), 260 + 12 * abs(k - 2))], 20, scale)
    _disc(fingers, (998, 470), (90, 70), scale)
    _line(fingers, [(990, 500), (820, 719)], 90, scale)
    # Glasses pushed out over the cheek, seen against the room.
    _line(glasses, [(655, 290), (722, 280), (728, 318), (672, 330)], 5, scale)
    alpha = np.maximum.reduce([body, hair, fingers, glasses])
    person = np.empty((*alpha.shape, 3), np.float32)
    person[:] = SKIN
    person[: round(230 * scale)] = HAIR
    person[hair > 0] = HAIR
    person[glasses > 0] = RIM
    clouds = cv2.GaussianBlur(np.asarray(rng.normal(0, 1, person.shape), np.float32), (0, 0), 40 * scale)
    room = wall + clouds / clouds.std() * 18
    coverage = alpha[..., None]
    bgr = coverage * person + (1 - coverage) * room + rng.normal(0, 3, person.shape)
    return Scene(np.clip(bgr, 0, 255).astype(np.uint8), alpha, hair, fingers, glasses)


def _as_a_network_sees(alpha: Plane) -> Plane:
    coarse = cv2.resize(alpha, (GRID.width, GRID.height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(coarse, (0, 0), 1.2), np.float32)


def _cut(scene: Scene, size: Size, refine: str) -> Plane:
    table = MatteSettings().model_dump(include={"guide_radius", "guide_epsilon", "curve_low", "curve_high", "specks"})
    refiner = Refined(size, **(table | {"refine": refine}))
    matte = refiner.refine(Frame(scene.bgr, 0, 0), SoftMatte(_as_a_network_sees(scene.alpha), 0, 0))
    return matte.alpha.astype(np.float32) / np.float32(255)


def _beside(plane: Plane, pixels: float) -> Plane:
    side = 2 * round(pixels) + 1
    return np.asarray(cv2.dilate(plane, np.ones((side, side), np.uint8)), np.float32)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("wall", "seed"), [(170, 1), (200, 2)])
def test_it_follows_hair_fingers_and_glasses(size: Size, wall: int, seed: int) -> None:
    scene, scale = _scene(size, wall, seed), size.width / 1280
    fine, plain = _cut(scene, size, "guided"), _cut(scene, size, "bilinear")
    for name, part in (("hair", scene.hair), ("fingers", scene.fingers), ("glasses", scene.glasses)):
        near = _beside(part, 8 * scale) > 0
        ours, theirs = (float(np.abs(cut - scene.alpha)[near].mean()) for cut in (fine, plain))
        print(f"{name} {size}: {ours:.4f}, bilinear {theirs:.4f}")
        assert ours < 0.7 * theirs, name
    room = scene.alpha == 0
    # The gaps between fingers show the backdrop, and fingers themselves are whole.
    reach = np.arange(size.height)[:, None] < 400 * scale
    gaps = room & reach & (_beside(scene.fingers, 10 * scale) > 0)
    assert fine[gaps].mean() < 0.05 and fine[scene.fingers == 1].mean() > 0.99
    # Strands and a rim of three to five pixels stay, and no clump of room between them does.
    for part, least in ((scene.hair, 0.5), (scene.glasses, 0.6)):
        own = (part == 1) & (scene.alpha == 1)
        outside = room & (_beside(part, 4 * scale) > 0)
        assert fine[own].mean() > least
        assert fine[outside].mean() < 0.6 * plain[outside].mean()
