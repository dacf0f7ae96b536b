"""People before another backdrop: other clothes, the backdrop's light, an open shutter while they move."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from joint import backdrops, camera

Plane = npt.NDArray[np.uint8]
Share = npt.NDArray[np.float32]
Random = np.random.Generator

HEAD = 0.3
"""Share of a person's height, from the top, that keeps its colours: head and face."""
SMEAR = (2.0, 12.0)
"""How far somebody moves while the shutter is open, in pixels."""


def reclothed(image: Plane, matte: Plane, random: Random) -> Plane:
    """Return IMAGE with other clothes on the person of MATTE: a print, stripes or one colour, folds kept, skin left."""
    rows = np.flatnonzero((matte > 127).any(1))
    if not len(rows):
        return image
    height, width = matte.shape
    start = rows[0] + round(HEAD * random.uniform(0.6, 1.5) * (rows[-1] - rows[0]))
    luma, red, blue = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb))
    # Chai and Ngan 1999: where skin of any tone lies in Cr and Cb.
    skin = (red > 135) & (red < 173) & (blue > 77) & (blue < 127)
    clothes = ((matte > 127) & ~skin).astype(np.uint8) * 255
    clothes[:start] = 0
    share = cv2.GaussianBlur(clothes, (0, 0), 1.2).astype(np.float32)[..., None] / np.float32(255)
    middle = float(np.mean(luma[clothes > 0])) + 20 if clothes.any() else 128.0
    folds = ((luma.astype(np.float32) + 20) / middle)[..., None]
    cloth = backdrops.draw(height, width, random, cloth=True).astype(np.float32) * np.clip(folds, 0.3, 2.0)
    return np.asarray(np.clip(image * (1 - share) + cloth * share, 0, 255), np.uint8)


def matched(image: Plane, alpha: Share, scene: Plane, share: float) -> Plane:
    """Return IMAGE with the brightness and tint of the person moved by SHARE towards the scene's."""
    own = cv2.mean(image, (alpha > 0.5).astype(np.uint8))[:3]
    other = cv2.mean(scene)[:3]
    gains = [np.clip(((o + 20) / (s + 20)) ** share, 0.55, 1.6) for s, o in zip(own, other, strict=True)]
    table = np.clip(np.arange(256)[:, None] * np.array(gains)[None], 0, 255).astype(np.uint8)[None]
    return np.asarray(cv2.LUT(image, table), np.uint8)


def smeared(image: Plane, alpha: Share, matte: Plane, held: Plane, random: Random) -> tuple[Plane, Share, Plane, Plane]:
    """Return a person's picture, share and mattes as an open shutter sees them while they move."""
    kernel = camera.smear(random.uniform(*SMEAR), random)
    spread = cv2.filter2D(alpha, -1, kernel)
    colour = cv2.filter2D(image.astype(np.float32) * alpha[..., None], -1, kernel)
    colour /= np.maximum(spread, np.float32(1e-3))[..., None]
    return (
        np.clip(colour, 0, 255).astype(np.uint8),
        np.asarray(spread, np.float32),
        np.asarray(cv2.filter2D(matte, -1, kernel), np.uint8),
        np.asarray(cv2.filter2D(held, -1, kernel), np.uint8),
    )
