"""Backdrops that no room photograph shows: flags, stripes, checks, posters, plain and graded walls."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Random = np.random.Generator

FINEST = 40
"""How much finer the finest stripes of a shirt are than the broadest, of which two fill the picture's height."""


def _grid(height: int, width: int, random: Random) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return coordinates of a hanging cloth: turned, scaled and waved."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    angle = random.choice([0.0, np.pi / 2, random.uniform(0, np.pi)])
    u = np.cos(angle) * x + np.sin(angle) * y
    v = -np.sin(angle) * x + np.cos(angle) * y
    wave = random.uniform(0, 0.05) * np.sin(random.uniform(3, 14) * v + random.uniform(0, 6))
    return np.asarray(u + wave, np.float32), np.asarray(v, np.float32)


def _colours(count: int, random: Random) -> npt.NDArray[np.float32]:
    """Return COUNT colours, BGR; often bright, often with white among them."""
    colours = random.uniform(0, 255, (count, 3))
    if random.random() < 0.5:
        colours[random.integers(count)] = random.uniform(200, 255)
    return colours.astype(np.float32)


def stripes(height: int, width: int, random: Random, *, fine: bool = False) -> Image:
    """Return stripes or checks of two to four colours, as on flags and curtains, or FINE ones too, as on shirts."""
    u, v = _grid(height, width, random)
    colours = _colours(int(random.integers(2, 5)), random)
    scale = 2 * FINEST ** random.uniform(0, 1) if fine else random.uniform(2, 14)
    index = np.floor(u * scale).astype(int)
    if random.random() < 0.3:
        index += np.floor(v * scale * random.uniform(0.5, 1.5)).astype(int)
    image = colours[index % len(colours)]
    if random.random() < 0.4:
        corner_u, corner_v = random.uniform(0.2, 0.8), random.uniform(0.2, 0.8)
        canton = (u < corner_u) & (v < corner_v)
        image[canton] = _colours(1, random)[0]
        pitch = random.uniform(12, 30)
        stars = canton & (np.hypot((u * pitch) % 1 - 0.5, (v * pitch) % 1 - 0.5) < random.uniform(0.2, 0.4))
        image[stars] = 245
    return _shaded(image, u, v, random)


def posters(height: int, width: int, random: Random) -> Image:
    """Return a wall with bright shapes on it: posters, screens, balloons, books on a shelf."""
    image = np.full((height, width, 3), _colours(1, random)[0], np.float32)
    for _ in range(int(random.integers(3, 25))):
        centre = (int(random.uniform(0, width)), int(random.uniform(0, height)))
        reach = random.uniform(0.03, 0.3, 2) * height
        colour = _colours(1, random)[0].tolist()
        if random.random() < 0.6:
            corner = (int(centre[0] + reach[0]), int(centre[1] + reach[1]))
            cv2.rectangle(image, centre, corner, colour, -1 if random.random() < 0.8 else 3)
        else:
            axes = (int(reach[0]), int(reach[1]))
            cv2.ellipse(image, centre, axes, random.uniform(0, 180), 0, 360, colour, -1)
    u, v = _grid(height, width, random)
    return _shaded(image, u, v, random)


def wall(height: int, width: int, random: Random) -> Image:
    """Return a plain wall with graded light."""
    u, v = _grid(height, width, random)
    base, other = _colours(2, random)
    share = (np.clip(u, 0, 1) * random.uniform(0, 0.6))[..., None]
    return _shaded(base * (1 - share) + other * share, u, v, random)


def _shaded(
    image: npt.NDArray[np.float32], u: npt.NDArray[np.float32], v: npt.NDArray[np.float32], random: Random
) -> Image:
    """Return IMAGE with folds, light from a side and a lens's blur."""
    folds = 1 + random.uniform(0, 0.25) * np.sin(random.uniform(4, 30) * u + random.uniform(0, 5) * v)
    fall = 1 + random.uniform(-0.4, 0.4) * (v - 0.5)
    lit = image * (folds * fall)[..., None] * random.uniform(0.5, 1.1)
    blurred = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), random.uniform(0.4, 2.5))
    return np.asarray(np.clip(blurred, 0, 255), np.uint8)


def draw(height: int, width: int, random: Random, *, cloth: bool = False) -> Image:
    """Return one of the backdrops, or CLOTH to wear: with finer stripes."""
    kind = random.choice(np.array([0, 1, 2]), p=[0.5, 0.3, 0.2])
    if kind == 0:
        return stripes(height, width, random, fine=cloth)
    return posters(height, width, random) if kind == 1 else wall(height, width, random)
