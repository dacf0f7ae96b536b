"""A made-up scene that has everything in it: a grey picture leaves out what is only done for people and near things."""

from __future__ import annotations

import numpy as np

from livecut.types import Canvas, DepthMap, Frame, Matte, Scene, Size

__all__ = ["made_up_scene"]

_GRID = Size(160, 90)


def made_up_scene(size: Size, index: int = 0, at_ns: int = 0) -> Scene:
    """A grey picture of `size` in which a person begins below, softly, and all comes nearer from the top down.

    In its right quarter the room does so twice as steeply, and nobody is there: so some of it is before the person.
    """
    grey = Canvas.empty(size).bgr
    grey.fill(128)
    alpha = np.repeat(np.linspace(0, 255, size.height).astype(np.uint8)[:, np.newaxis], size.width, axis=1)
    alpha[:, size.width - size.width // 4 :] = 0
    nearness = np.repeat(np.linspace(0, 0.5, _GRID.height, dtype=np.float32)[:, np.newaxis], _GRID.width, axis=1)
    nearness[:, _GRID.width - _GRID.width // 4 :] *= 2.0
    return Scene(Frame(grey, index, at_ns), Matte(alpha, index, at_ns), DepthMap(nearness, index, at_ns))
