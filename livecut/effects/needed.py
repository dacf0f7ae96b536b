"""What an effect finds in a scene."""

from __future__ import annotations

from livecut.types import DepthMap, Matte, Scene

__all__ = ["depth_of", "matte_of"]


def matte_of(scene: Scene) -> Matte:
    """The scene's matte; ValueError when there is none, for nothing may be painted then."""
    if scene.matte is None:
        raise ValueError(f"frame {scene.frame.index} has no matte")
    return scene.matte


def depth_of(scene: Scene) -> DepthMap:
    """The scene's depth; ValueError when there is none."""
    if scene.depth is None:
        raise ValueError(f"frame {scene.frame.index} has no depth")
    return scene.depth
