"""Fitting of a picture into another size, and mirroring."""

from __future__ import annotations

from typing import Literal, NamedTuple

import cv2
import numpy as np

from livecut.kernels.cpu.checks import check_pixels
from livecut.types import Pixels, Size

__all__ = ["Box", "Fit", "fit", "fit_boxes", "mirror"]

Fit = Literal["cover", "contain", "stretch"]


class Box(NamedTuple):
    """A rectangle of whole pixels."""

    x: int
    y: int
    width: int
    height: int


def _centred(side: int, part: int) -> int:
    return (side - part) // 2


def fit_boxes(source: Size, target: Size, mode: Fit) -> tuple[Box, Box]:
    """Which part of the source lands on which part of the target.

    `cover` cuts the source so that the target is full, `contain` leaves bars so that the source is whole, `stretch`
    gives up the aspect ratio. Cuts and bars are centred and rounded to whole pixels, never below one.
    """
    (sw, sh), (tw, th) = source, target
    whole, full = Box(0, 0, sw, sh), Box(0, 0, tw, th)
    if mode == "stretch" or sw * th == sh * tw:
        return whole, full
    wider = sw * th > sh * tw
    if mode == "cover":
        cut = (max(1, round(sh * tw / th)), sh) if wider else (sw, max(1, round(sw * th / tw)))
        return Box(_centred(sw, cut[0]), _centred(sh, cut[1]), *cut), full
    if mode == "contain":
        inner = (tw, max(1, round(tw * sh / sw))) if wider else (max(1, round(th * sw / sh)), th)
        return whole, Box(_centred(tw, inner[0]), _centred(th, inner[1]), *inner)
    raise ValueError(f"no way of fitting named {mode!r}")


def fit(
    bgr: Pixels,
    out: Pixels,
    *,
    mode: Fit = "cover",
    mirrored: bool = False,
    bars: tuple[int, int, int] = (0, 0, 0),
) -> None:
    """Fill `out` (h, w, 3) with `bgr` (H, W, 3), both uint8 and C-contiguous, of any sizes.

    Shrinking to less than half averages the area of each pixel, everything else is bilinear. `bars` is the BGR colour
    of what `contain` leaves free. A picture that has the size already is copied, byte for byte (or mirrored so).
    """
    source, target = check_pixels("bgr", bgr), check_pixels("out", out)
    cut, place = fit_boxes(source, target, mode)
    part = bgr[cut.y : cut.y + cut.height, cut.x : cut.x + cut.width]
    inner = out[place.y : place.y + place.height, place.x : place.x + place.width]
    if inner.shape != out.shape:
        out[:] = np.array(bars, np.uint8)
    if part.shape == inner.shape:
        if mirrored:
            cv2.flip(part, 1, dst=inner)
        else:
            np.copyto(inner, part)
        return
    shrinks = cut.width >= 2 * place.width and cut.height >= 2 * place.height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    cv2.resize(part, (place.width, place.height), dst=inner, interpolation=method)
    if mirrored:
        cv2.flip(inner, 1, dst=inner)


def mirror(bgr: Pixels, out: Pixels) -> None:
    """Fill `out` with `bgr`, left and right exchanged; both of one size, `out` may be `bgr`."""
    check_pixels("out", out, check_pixels("bgr", bgr))
    cv2.flip(bgr, 1, dst=out)
