"""Fitting of a picture into another size, and mirroring."""

from __future__ import annotations

from typing import Literal, NamedTuple

import cv2
import numpy as np

from livecut.kernels.cpu.checks import check_pixels
from livecut.types import WHOLE, Pixels, Size, View

__all__ = ["Box", "Fit", "beside", "beyond", "fit", "fit_boxes", "mirror", "place_of_whole"]

Fit = Literal["cover", "contain", "stretch"]


class Box(NamedTuple):
    """A rectangle of whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> Size:
        """Its width and height."""
        return Size(self.width, self.height)


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


def beyond(cut: Box, source: Size) -> tuple[float, float]:
    """How much of the source lies on either side of a `cut` from its middle, and above and below, in shares of that."""
    right, below = source.width - cut.x - cut.width, source.height - cut.y - cut.height
    return min(cut.x, right) / cut.width, min(cut.y, below) / cut.height


def beside(place: Box, target: Size) -> tuple[tuple[slice, slice], ...]:
    """Rows and columns of the bars that `contain` leaves around `place`; none where it is all of the target."""
    width, height = target
    right, bottom = place.x + place.width, place.y + place.height
    middle = slice(place.y, bottom)
    bars = (
        (slice(0, place.y), slice(0, width)),
        (slice(bottom, height), slice(0, width)),
        (middle, slice(0, place.x)),
        (middle, slice(right, width)),
    )
    return tuple(bar for bar in bars if all(side.start < side.stop for side in bar))


def place_of_whole(source: Size, target: Size) -> Box:
    """Where a picture of size `source` lies in one of size `target` that shows all of it."""
    return fit_boxes(source, target, "contain")[1]


def fit(
    bgr: Pixels,
    out: Pixels,
    *,
    mode: Fit = "cover",
    mirrored: bool = False,
    view: View = WHOLE,
    bars: tuple[int, int, int] | None = (0, 0, 0),
) -> None:
    """Fill `out` (h, w, 3) with `bgr` (H, W, 3), both uint8 and C-contiguous, of any sizes.

    Shrinking to less than half averages the area of each pixel, everything else is bilinear. `view` is the part shown
    of what would fill `out`, after mirroring; with `cover` it may reach into what is cut off, and is moved back where
    even that ends. `bars` is the BGR colour of what `contain` leaves free; None: there the picture is mirrored at its
    edge, as networks know it. A picture that has the size already is copied, byte for byte (or mirrored so).
    """
    x, y, share = view
    source, target = check_pixels("bgr", bgr), check_pixels("out", out)
    cut, place = fit_boxes(source, target, mode)
    more_x, more_y = beyond(cut, source)
    is_there = -1e-6 <= x <= 1.0 - share + 1e-6 and -1e-6 <= y <= 1.0 - share + 1e-6
    # A frame of another shape than the last may have nothing where the view still looks: that is no mistake.
    if not (0.0 < share <= 1.0 and (is_there or mode == "cover")):
        raise ValueError(f"{view} lies outside the picture")
    x, y = min(max(x, -more_x), 1.0 + more_x - share), min(max(y, -more_y), 1.0 + more_y - share)
    if view != WHOLE:
        left = 1.0 - share - x if mirrored else x
        edges = (cut.x + left * cut.width, cut.y + y * cut.height, share * cut.width, share * cut.height)
        cut, between = _on_pixels(edges, source, place)
        if between:
            _show_between(bgr, edges, out, place, mirrored)
            _paint_bars(out, place, bars)
            return
    part = bgr[cut.y : cut.y + cut.height, cut.x : cut.x + cut.width]
    inner = out[place.y : place.y + place.height, place.x : place.x + place.width]
    if part.shape == inner.shape:
        if mirrored:
            cv2.flip(part, 1, dst=inner)
        else:
            np.copyto(inner, part)
    else:
        shrinks = cut.width >= 2 * place.width and cut.height >= 2 * place.height
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        cv2.resize(part, (place.width, place.height), dst=inner, interpolation=method)
        if mirrored:
            cv2.flip(inner, 1, dst=inner)
    _paint_bars(out, place, bars)


_Edges = tuple[float, float, float, float]
_NEAR = 0.02
"""Pixels by which an edge may miss a pixel's and still be shown on it."""


def _on_pixels(edges: _Edges, source: Size, place: Box) -> tuple[Box, bool]:
    """The nearest box of whole pixels, and whether it is too far off to stand in for `edges`.

    A moving view that jumps from pixel to pixel trembles, unless each is much smaller than a pixel of the target.
    """
    x, y = max(0, round(edges[0])), max(0, round(edges[1]))
    width, height = max(1, round(edges[2])), max(1, round(edges[3]))
    x, y = min(x, source.width - 1), min(y, source.height - 1)
    box = Box(x, y, min(width, source.width - x), min(height, source.height - y))
    shrinks = box.width >= 2 * place.width and box.height >= 2 * place.height
    return box, not shrinks and any(abs(a - b) > _NEAR for a, b in zip(box, edges, strict=True))


def _paint_bars(out: Pixels, place: Box, colour: tuple[int, int, int] | None) -> None:
    if colour is not None:
        for part in beside(place, Size(out.shape[1], out.shape[0])):
            out[part] = np.array(colour, np.uint8)
        return
    below, right = out.shape[0] - place.y - place.height, out.shape[1] - place.x - place.width
    if max(place.x, place.y, right, below) > 0:
        inner = out[place.y : place.y + place.height, place.x : place.x + place.width]
        cv2.copyMakeBorder(inner, place.y, below, place.x, right, cv2.BORDER_REFLECT_101, dst=out)


def _show_between(bgr: Pixels, edges: _Edges, out: Pixels, place: Box, mirrored: bool) -> None:
    x, y, width, height = edges
    inner = out[place.y : place.y + place.height, place.x : place.x + place.width]
    # From the centre of a target pixel to where it lies in the source.
    across, down = width / place.width, height / place.height
    shift = np.array([[across, 0.0, x + across / 2 - 0.5], [0.0, down, y + down / 2 - 0.5]])
    if mirrored:
        shift[0] = (-across, 0.0, x + width - across / 2 - 0.5)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cv2.warpAffine(bgr, shift, (place.width, place.height), dst=inner, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def mirror(bgr: Pixels, out: Pixels) -> None:
    """Fill `out` with `bgr`, left and right exchanged; both of one size, `out` may be `bgr`."""
    check_pixels("out", out, check_pixels("bgr", bgr))
    cv2.flip(bgr, 1, dst=out)
