"""Trunks, poles and pillars: upright, darker than the room, and nobody, before people as much as beside them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]
Random = np.random.Generator

HALF_WIDTH = (0.008, 0.055)
"""Of a post at its foot, as a share of the frame's width."""
FOOT = (0.55, 1.2)
"""How far down a post reaches, as a share of the frame's height."""
LEAN = 0.05
"""Spread of how far its top is aside of its foot, as a share of the frame's width."""
ROUND = 0.7
"""Chance that it is shaded as something round is."""
GREY = (15.0, 150.0)
"""Its mean brightness."""


def post(texture: Plane, random: Random) -> tuple[Plane, Map]:
    """Return a post as an image of the size of TEXTURE [H, W, 3], from which its bark is taken, and its alpha, 0-1."""
    height, width = texture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    foot = height * random.uniform(*FOOT)
    up = np.clip(1 - y / foot, 0, 1)
    middle = width * random.uniform(0.02, 0.98) + width * random.normal(0, LEAN) * up
    middle = middle + width * random.uniform(0, 0.01) * np.sin(
        y * (random.uniform(2, 9) / height) + random.uniform(0, 6)
    )
    half = width * random.uniform(*HALF_WIDTH) * (1 - random.uniform(0, 0.45) * up)
    aside = (x - middle) / half
    alpha = np.clip(half - np.abs(x - middle) + 0.5, 0, 1) * np.clip(foot - y + 0.5, 0, 1)
    shade = np.sqrt(np.clip(1 - (0.9 * aside) ** 2, 0.05, 1)) if random.random() < ROUND else np.ones_like(x)
    if random.random() < 0.5:
        shade = shade * np.clip(1 + random.uniform(-0.5, 0.5) * aside, 0.3, 1.7)
    bark = texture.astype(np.float32).mean(2)
    bark = 1 + random.uniform(0.1, 1.0) * (bark / max(float(bark.mean()), 1.0) - 1)
    colour = random.uniform(*GREY) * random.uniform(0.75, 1.25, 3)
    image = np.clip((bark * shade)[..., None] * colour, 0, 255)
    return image.astype(np.uint8), np.asarray(alpha, np.float32)
