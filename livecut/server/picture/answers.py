"""From a stranger's file to the answer's file, with the networks in between; blocking, one picture at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from livecut.kernels.still import cut_out, on_white, person_boxes, person_depth, soft_shadow
from livecut.server.cutter import Cutter
from livecut.server.picture.decoder import Decoded
from livecut.server.picture.encoder import jpeg, png
from livecut.types import Pixels, Plane8, Size
from livecut.wire.api4ai.mode import Mode
from livecut.wire.api4ai.result import Box

__all__ = ["CutPicture", "cut_picture", "depth_picture"]


@dataclass(frozen=True, slots=True)
class CutPicture:
    """The answer to a request for results."""

    png: bytes = field(repr=False)
    size: Size
    boxes: tuple[Box, ...]


def cut_picture(cutter: Cutter, picture: Decoded, mode: Mode, background: Decoded | None) -> CutPicture:
    """The person of a picture as `mode` says. Where the input is transparent, so is the answer."""
    alpha = _matte(cutter, picture)
    height, width = alpha.shape
    boxes = tuple(person_boxes(alpha))
    if mode.is_mask:
        return CutPicture(png(alpha), Size(width, height), boxes)
    bgra = cut_out(
        picture.bgr,
        alpha,
        shadow=soft_shadow(alpha) if mode.has_shadow else None,
        background=None if background is None else background.bgr,
        background_alpha=None if background is None else background.alpha,
    )
    return CutPicture(png(bgra, profile=picture.profile), Size(width, height), boxes)


def depth_picture(cutter: Cutter, picture: Decoded) -> bytes:
    """Depth of the people in a picture as a JPEG; all black when there is nobody."""
    nearness, alpha = cutter.portrait_depth(_on_white(picture))
    return jpeg(person_depth(nearness, _seen(alpha, picture)))


def _matte(cutter: Cutter, picture: Decoded) -> Plane8:
    return _seen(cutter.matte(_on_white(picture)), picture)


def _on_white(picture: Decoded) -> Pixels:
    return picture.bgr if picture.alpha is None else on_white(picture.bgr, picture.alpha)


def _seen(alpha: Plane8, picture: Decoded) -> Plane8:
    if picture.alpha is None:
        return alpha
    return ((alpha.astype(np.uint16) * picture.alpha + 127) // 255).astype(np.uint8)
