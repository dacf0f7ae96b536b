"""A room made to be recognised: if any of it reaches a sink, these detectors say so."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from livecut.types import DepthMap, Estimate, Frame, Pixels, Plane, Size, SoftMatte

SIZE = Size(320, 180)
CELL_PX = 2
MARKERS = np.array([(255, 0, 255), (0, 255, 0)], np.uint8)
"""Two colours, BGR, that nothing else in these tests has."""
CODE_BITS = 96
SKIN = (120, 150, 190)
DETAIL_SHARE = 0.05
"""A lens blurs by depth, and a wide soft blur leaves a trace of contrast; raw detail is two orders above both."""
MARKER_SHARE = 0.02
"""As much of the markers may look like them where the room is blurred, not hidden."""
_CODE_COLUMNS = 24
_READABLE = 0.85
"""Share of right bits from which a code counts as read; by chance 96 bits reach it once in 10^12 frames."""


def _ellipse(size: Size, radius_x: float, radius_y: float) -> NDArray[np.bool_]:
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    across = (x - (size.width - 1) / 2) / (radius_x * size.width)
    down = (y - (size.height - 1)) / (radius_y * size.height)
    return np.asarray(across**2 + down**2 < 1)


PERSON = _ellipse(SIZE, 0.24, 0.85)
"""Where the painted person stands: wider than the matte below, so that every marker that is seen is a leak."""


def code(index: int) -> NDArray[np.uint8]:
    """The bits of one frame."""
    return np.random.default_rng(1000 + index).integers(0, 2, CODE_BITS, np.uint8)


def paint_room(index: int, size: Size = SIZE) -> Pixels:
    """A person before a checkerboard of the markers, with the frame's code in the top left corner."""
    assert size == SIZE
    rows, columns = size.height // CELL_PX, size.width // CELL_PX
    y, x = np.mgrid[0:rows, 0:columns]
    cells = ((x + y + index) % 2).astype(np.uint8)
    cells[1 : 1 + CODE_BITS // _CODE_COLUMNS, 1 : 1 + _CODE_COLUMNS] = code(index).reshape(-1, _CODE_COLUMNS)
    picture = MARKERS[cells].repeat(CELL_PX, 0).repeat(CELL_PX, 1)
    picture[PERSON] = SKIN
    return np.ascontiguousarray(picture)


def marker_pixels(picture: Pixels) -> int:
    """How many pixels have a colour close to one of the markers."""
    near = np.zeros(picture.shape[:2], bool)
    for marker in MARKERS:
        near |= np.abs(picture.astype(np.int16) - marker).max(axis=2) < 60
    return int(near.sum())


def code_is_readable(picture: Pixels, index: int) -> bool:
    """Whether the code of frame `index` can be read, by the sign of each cell against its neighbourhood."""
    axis = picture.astype(np.float32) @ np.array([1.0, -1.0, 1.0], np.float32)
    corner = axis[: 2 * (2 + CODE_BITS // _CODE_COLUMNS) * CELL_PX, : (2 + _CODE_COLUMNS) * CELL_PX]
    cells = corner.reshape(corner.shape[0] // CELL_PX, CELL_PX, -1, CELL_PX).mean(axis=(1, 3))
    field = cells[1 : 1 + CODE_BITS // _CODE_COLUMNS, 1 : 1 + _CODE_COLUMNS]
    padded = np.pad(cells, 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5)).mean(axis=(2, 3))
    around = windows[1 : 1 + CODE_BITS // _CODE_COLUMNS, 1 : 1 + _CODE_COLUMNS]
    if float(np.abs(field - around).max()) < 0.5:
        return False
    right = float((((field < around).ravel()) == code(index).astype(bool)).mean())
    return right >= _READABLE


def fine_detail(picture: Pixels) -> float:
    """Mean difference between neighbouring pixels outside the person, 0 … 255."""
    outside = ~PERSON
    grey = picture.astype(np.int16).sum(axis=2)
    contrast = picture.astype(np.int16) @ np.array([1, -1, 1], np.int16)
    total, count = 0.0, 0
    for plane in (grey, contrast):
        both = outside[:, CELL_PX:] & outside[:, :-CELL_PX]
        total += float(np.abs(plane[:, CELL_PX:] - plane[:, :-CELL_PX])[both].sum())
        count += int(both.sum())
    return total / max(1, count) / 3


class RoomEstimator:
    """Knows where the person stands; the room is far. `doubt` makes it answer as networks do."""

    def __init__(
        self,
        plane_size: Size = Size(80, 45),  # noqa: B008 - an immutable tuple
        *,
        doubt: float = 0.0,
        holds: bool = False,
    ) -> None:
        """`doubt` is the most that the room is ever taken for a person, in noise; the person's rim is soft then.

        `holds`: it tells what is held, too; she holds nothing, but it doubts that, and is sure of a piece of the room.
        """
        from livecut.protocols import Need

        self.gives = frozenset({Need.MATTE, Need.DEPTH})
        self.plane_size: Size | None = plane_size
        self._doubt = doubt
        self._holds = holds
        self._alpha: Plane = _ellipse(plane_size, 0.17, 0.7).astype(np.float32)
        if doubt > 0.0:
            self._alpha = cv2.GaussianBlur(self._alpha, (0, 0), plane_size.width / 144).astype(np.float32)
        self._nearness: Plane = (0.1 + 0.8 * self._alpha).astype(np.float32)

    def estimate(self, frame: Frame) -> Estimate:
        """The truth, a little inside the person, or what `doubt` leaves of it."""
        alpha = self._alpha.copy()
        if self._doubt > 0.0:
            noise = np.random.default_rng(frame.index).random((2, *alpha.shape), np.float32) * np.float32(self._doubt)
            alpha = noise[0] + (1 - noise[0] - noise[1]) * alpha
        held = alpha
        if self._holds and self._doubt > 0.0:
            noise = np.random.default_rng(10**6 + frame.index).random(alpha.shape, np.float32)
            held = np.maximum(alpha, np.float32(self._doubt) * noise)
            held[held.shape[0] // 9 : held.shape[0] // 2, held.shape[1] // 16 : held.shape[1] // 4] = 1.0
        return Estimate(
            SoftMatte(alpha, frame.index, frame.captured_ns),
            DepthMap(self._nearness.copy(), frame.index, frame.captured_ns),
            SoftMatte(held.copy(), frame.index, frame.captured_ns) if self._holds else None,
        )

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to release."""
