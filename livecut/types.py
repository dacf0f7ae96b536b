"""The values that travel through livecut: frames, mattes, depth maps, scenes and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CARD_INDEX",
    "EVERYWHERE",
    "WHOLE",
    "Canvas",
    "DepthMap",
    "Estimate",
    "Frame",
    "Matte",
    "Motion",
    "Part",
    "Picture",
    "Pixels",
    "Planar",
    "Plane",
    "Plane8",
    "Plane16",
    "Scene",
    "Size",
    "SoftMatte",
    "View",
]

CARD_INDEX: Final = -1
"""`Picture.index` of the privacy card."""

Pixels: TypeAlias = NDArray[np.uint8]
"""(h, w, 3) uint8, BGR as cameras decode, C-contiguous."""

Plane: TypeAlias = NDArray[np.float32]
"""(h, w) float32, C-contiguous."""

Plane16: TypeAlias = NDArray[np.uint16]
"""(h, w) uint16, C-contiguous; 0 … 65535 stands for 0 … 1."""

Plane8: TypeAlias = NDArray[np.uint8]
"""(h, w) uint8, C-contiguous; 0 … 255 stands for 0 … 1."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class View(NamedTuple):
    """The part of a picture that is shown: as wide and as high as `share` of it, from `x`, `y` on, all 0 … 1.

    `x` and `y` may lie outside, where a frame was cut to the picture's shape: in what was cut off.
    """

    x: float
    y: float
    share: float


WHOLE: Final = View(0.0, 0.0, 1.0)
"""All of a picture."""

Part: TypeAlias = tuple[slice, slice]
"""Rows and columns of a picture."""

EVERYWHERE: Final[Part] = (slice(None), slice(None))
"""All rows and columns."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source; its pixels are read-only once published."""

    bgr: Pixels
    index: int
    """Counts up from 0; a gap means frames were dropped."""
    captured_ns: int
    """`time.monotonic_ns()` when the source had the picture."""

    @property
    def size(self) -> Size:
        """Width and height of the picture."""
        return Size(self.bgr.shape[1], self.bgr.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Where in an earlier frame each part of a frame was, on the grid of a soft matte. Valid as long as that matte."""

    dx: Plane
    """(h, w) float32: how far to the right of its place it was, in pixels of the grid."""
    dy: Plane
    """The same downwards."""
    same: Plane
    """(h, w) float32, 0 nothing like it was there … 1 it looked the same."""
    frame_index: int
    since_index: int
    """Of the earlier frame."""


@dataclass(frozen=True, slots=True, eq=False)
class SoftMatte:
    """A network's own answer: person coverage at the network's resolution, stretched over the whole frame."""

    alpha: Plane
    """(h, w) float32, 0 background … 1 person."""
    frame_index: int
    captured_ns: int
    """Of the frame it was estimated from, so that staleness is visible."""
    seen: Pixels | None = None
    """That frame as the network saw it, (h, w, 3) of the alpha's size: nobody need shrink it again."""
    motion: Motion | None = None
    """From the last frame that was looked at to that frame; None where it is not known, or nothing was alike."""

    def is_after_cut(self, frame: Frame) -> bool:
        """True where it is of `frame` itself and no motion led there: after a cut, if motion is looked for."""
        return self.motion is None and self.frame_index == frame.index


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """Person coverage at the frame's own size, as effects get it."""

    alpha: Plane8
    """(h, w) uint8, 0 background … 255 person. Eight bits because full-resolution kernels are bound by memory."""
    frame_index: int
    captured_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class DepthMap:
    """Relative nearness at the network's resolution, stretched over the whole frame."""

    nearness: Plane
    """(h, w) float32, 0 far … 1 near; relative, not metres."""
    frame_index: int
    captured_ns: int
    is_new_shot: bool = False
    """After a cut: nearness before tells nothing of it. Only where depth is made stable."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What an estimator answers for one frame; a joint network fills more than one."""

    matte: SoftMatte | None = None
    depth: DepthMap | None = None
    held: SoftMatte | None = None
    """Coverage of the person and of what she holds, of the matte's size; None where nobody asks or no network tells."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A frame with all that is known about it; an effect reads it and never changes it."""

    frame: Frame
    matte: Matte | None = None
    depth: DepthMap | None = None
    within: Part = EVERYWHERE
    """What the source's frame fills of the picture, which has bars beside it where it is shown whole; what is seen of
    that on a side of `split`."""
    is_new_shot: bool = False
    """What has been seen so far looks like nothing in this frame: after a cut, or in another light. Only where motion
    is looked for (`matte.smooth`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Planar:
    """A picture as virtual cameras take it, BT.601, limited range."""

    name: Literal["i420", "nv12"]
    planes: Plane8
    """Flat, (3/2 · pixels,) uint8."""
    size: Size
    """Without an odd side's last column or row."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Reusable memory an effect paints on."""

    bgr: Pixels
    alpha: Plane8 | None
    """None unless the effect gives transparency (`Effect.has_alpha`)."""
    planar: Planar | None = None
    """The same picture converted already, where a GPU painted it."""
    depth: Plane16 | None = field(default=None, kw_only=True)
    """None unless the effect gives depth for files (`has_depth`)."""

    @classmethod
    def empty(cls, size: Size, *, alpha: bool = False, depth: bool = False) -> Canvas:
        """Memory for one picture of `size`, not initialised."""
        shape = (size.height, size.width)
        clear = np.empty(shape, np.uint8) if alpha else None
        return cls(np.empty((*shape, 3), np.uint8), clear, depth=np.empty(shape, np.uint16) if depth else None)

    @property
    def size(self) -> Size:
        """Width and height of the picture."""
        return Size(self.bgr.shape[1], self.bgr.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One finished picture on its way to the sinks; valid only during the call that hands it over."""

    bgr: Pixels
    alpha: Plane8 | None
    index: int
    """Index of the frame it shows; -1 for the privacy card."""
    captured_ns: int
    """Of the frame it shows; for the card, when it was painted."""
    planar: Planar | None = None
    """The same picture converted already, if anybody did; without its transparency."""
    depth: Plane16 | None = field(default=None, kw_only=True)
    """Nearness of every pixel, where the effect gives it for files."""

    @property
    def is_card(self) -> bool:
        """True for the privacy card."""
        return self.index == CARD_INDEX
