"""Blur by depth as a lens makes it, behind and before what is in focus."""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels import optics
from livecut.kernels.cpu.bands import MOST
from livecut.kernels.cpu.checks import all_finite, check_pixels, check_plane8
from livecut.kernels.cpu.depth_layers import DepthLayers
from livecut.kernels.cpu.focus import Focus, FocusPull
from livecut.kernels.cpu.lens import LEAST_RADIUS, RUN, STEPS, Aperture, gather, repeat_border
from livecut.kernels.cpu.light import level_table, light_sums, to_levels
from livecut.kernels.cpu.recompose import Recompose
from livecut.kernels.cpu.resample import FAST
from livecut.kernels.cpu.stretches import fill
from livecut.types import Pixels, Plane, Plane8, Size

__all__ = ["LensBlur"]

_REFERENCE_LINES: Final = 720
_APERTURE_SHARE: Final = 1.0 / 20.0
"""Blur radius at aperture 1 and a nearness 1 away from the focus, as a share of the frame's height."""
_HIDING_SHARE: Final = 1.0 / 60.0
"""Least radius outside the person, as a share of the frame's height: from 1/75 on, a code of squares a ninetieth of the
height wide is never read, and from 1/63 on less than 1/20 of its contrast is left at any larger radius (measured)."""
_COARSE_RADIUS: Final = 7.2
"""Largest radius on the reduced grid: discs stay round, and a frame takes a few milliseconds."""
_DRAFT_RADIUS: Final = 4.8
"""That of a draft: discs begin to show their blocks, in little more than half the time."""
_BLOOM: Final = 8.0
"""How much the light of a level of 255 is raised at `highlights` 1."""
_PERSON_DEPTH: Final = 0.12
"""Nearness before the middle of a person that may still be the person's: a hand, a nose."""
_FRAME_S: Final = 1.0 / 30.0

_UNTRUSTED: Final = 0.9
"""How much less light counts as the room's right beside the person."""
_ENOUGH: Final = 0.1
"""Weight of discs, 1 where all is room, from which nothing needs to be continued."""
_CONTINUED: Final = ((3, 0.02), (9, 4e-4), (25, 8e-6))
"""Sides, in fours of blocks, of the windows that continue the room, and what they count beside a disc of its own."""

_signed_blur = njit(cache=True, nogil=True, fastmath=FAST)(optics.signed_blur)
_smooth_ramp = njit(cache=True, nogil=True, fastmath=FAST)(optics.smooth_ramp)


# What is worked out of a row before its light is sorted: of the room the share that lies behind the focus, the radius
# there, the share before it, the radius there; of the person the same and how much of it is sharp; of both together
# the weight, the radius and one over the area of the disc.
_BEHIND, _FAR, _BEFORE, _NEAR, _PERSON, _SHARP, _WEIGHT, _RADIUS, _PER_AREA, _WORK = 0, 1, 2, 3, 4, 8, 9, 10, 11, 12
_LOW, _HIGH = np.float32(0.15), np.float32(1.0)
"""Radii in blocks between which something goes out of focus."""


# A row in several passes, each of whole registers but for the one that looks up a disc's area.


@njit(cache=True, nogil=True, fastmath=FAST)
def _sort_room(
    nearness: Any, rim: Any, focus: Any, depth_of_field: Any, margin: Any, gain: Any, cap: Any, least: Any, work: Any
) -> None:  # fmt: skip
    zero, one, untrusted = np.float32(0.0), np.float32(1.0), np.float32(_UNTRUSTED)
    for x in range(np.uint64(nearness.size)):
        # The margin keeps what the person holds before them from blurring over the person.
        sharp_to = depth_of_field + (margin if nearness[x] - focus > zero else zero)
        blur = min(max(_signed_blur(nearness[x], focus, sharp_to, gain), -cap), cap)
        before = _smooth_ramp(blur, _LOW, _HIGH)
        # Mattes err by a pixel or two: what stands beside the person counts for little where there is other room.
        work[_BEHIND, x] = (one - before) * (one - untrusted * rim[x])
        work[_FAR, x] = max(-blur, least)
        work[_BEFORE, x] = before
        work[_NEAR, x] = max(blur, least)


@njit(cache=True, nogil=True, fastmath=FAST)
def _sort_person(nearness: Any, focus: Any, depth_of_field: Any, gain: Any, cap: Any, work: Any) -> None:
    zero, one = np.float32(0.0), np.float32(1.0)
    for x in range(np.uint64(nearness.size)):
        blur = min(max(_signed_blur(nearness[x], focus, depth_of_field, gain), -cap), cap)
        before = _smooth_ramp(blur, _LOW, _HIGH)
        sharp = one - _smooth_ramp(abs(blur), _LOW, _HIGH)
        work[_PERSON + _BEHIND, x] = (one - before) * (one - sharp)
        work[_PERSON + _FAR, x] = max(-blur, zero)
        work[_PERSON + _BEFORE, x] = before
        work[_PERSON + _NEAR, x] = blur
        work[_SHARP, x] = sharp


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _weigh(room: Any, person: Any, side: int, work: Any) -> None:
    # The weight of both together and the mean radius of their discs, `side` of the focus.
    tiny, least = np.float32(1e-6), np.float32(LEAST_RADIUS)
    shares, radii = work[side], work[side + 1]
    person_shares, person_radii = work[_PERSON + side], work[_PERSON + side + 1]
    for x in range(np.uint64(room.size)):
        a, b = room[x] * shares[x], person[x] * person_shares[x]
        work[_WEIGHT, x] = a + b
        work[_RADIUS, x] = max((a * radii[x] + b * person_radii[x]) / max(a + b, tiny), least)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _look_up_areas(areas: Any, work: Any) -> None:
    radii, per_area = work[_RADIUS], work[_PER_AREA]
    for x in range(np.uint64(radii.size)):
        step = radii[x] * np.float32(STEPS)
        low = np.uint64(step)
        area = areas[low] + (areas[low + np.uint64(1)] - areas[low]) * (step - np.float32(low))
        per_area[x] = np.float32(1.0) / area


@njit(cache=True, nogil=True, fastmath=FAST)
def _put_light(room: Any, person: Any, side: int, work: Any, out: Any) -> None:
    shares, person_shares, per_area = work[side], work[_PERSON + side], work[_PER_AREA]
    for x in range(np.uint64(room.size)):
        out[x] = (room[x] * shares[x] + person[x] * person_shares[x]) * per_area[x]


@njit(cache=True, nogil=True, fastmath=FAST)
def _put_row(room: Any, person: Any, y: int, side: int, areas: Any, work: Any, flat: Any, at: int, plane: int) -> None:
    w = room.shape[2]
    _weigh(room[0, y], person[0, y], side, work)
    _look_up_areas(areas, work)
    radii, weights = flat[at : at + w], flat[plane + at : plane + at + w]
    for x in range(np.uint64(w)):
        radii[x] = work[_RADIUS, x]
        weights[x] = work[_WEIGHT, x] * work[_PER_AREA, x]
    for k in range(1, 4):
        start = (k + 1) * plane + at
        _put_light(room[k, y], person[k, y], side, work, flat[start : start + w])


@njit(cache=True, nogil=True, fastmath=FAST)
def _put_reach(cover: Any, work: Any, out: Any, sharp: Any, wanted: Any) -> None:
    # How large a disc may be that covers a pixel from behind, what of the person is sharp, and where light is wanted.
    zero, least = np.float32(0.0), np.float32(LEAST_RADIUS)
    for x in range(np.uint64(cover.size)):
        behind = work[_PERSON + _FAR, x] if work[_PERSON + _NEAR, x] < zero else work[_FAR, x]
        out[x] = max(work[_FAR, x] + cover[x] * (behind - work[_FAR, x]), least)
    for x in range(np.uint64(cover.size)):
        sharp[x] = work[_SHARP, x]
        wanted[x] = cover[x] * work[_SHARP, x] < np.float32(0.9999)


@njit(cache=True, nogil=True, fastmath=FAST)
def _arrange(
    room: Any, person: Any, room_near: Any, person_near: Any, rim: Any, person_sharp: Any, focus: Any,
    depth_of_field: Any, margin: Any, gain: Any, cap: Any, least: Any, areas: Any, reach: Any, far: Any, near: Any,
    sharp: Any, wanted: Any, front: Any,
) -> None:  # fmt: skip
    # Sorts the light of every block into what lies behind the focus and what lies before it, with the radius of its
    # disc. `sharp` gets how much of the person is in focus; the room never is, it must not be recognised. `front`:
    # there may be something before the focus.
    _, h, w = room.shape
    stride = w + 2 * reach
    plane = stride * (h + 2 * reach)
    work = np.zeros((_WORK, w), np.float32)
    work[_SHARP] = np.float32(1.0)  # as it stays where all of the person is
    for y in range(h):
        at = (y + reach) * stride + reach
        _sort_room(room_near[y], rim[y], focus, depth_of_field, margin, gain, cap, least, work)
        if not person_sharp:
            _sort_person(person_near[y], focus, depth_of_field, gain, cap, work)
        _put_row(room, person, y, _BEHIND, areas, work, far, at, plane)
        start = 5 * plane + at
        _put_reach(room[4, y], work, far[start : start + w], sharp[y], wanted[y])
        if front:
            _put_row(room, person, y, _BEFORE, areas, work, near, at, plane)
            fill(cap + np.float32(1.0), start, start + w, near)


class LensBlur:
    """A lens focused on a person, a point or a distance, for frames of one size.

    Light is gathered in linear light on blocks of pixels, every block spread over a disc of its own circle of
    confusion, as far as nothing nearer hides it; then the sharp picture of the person is mixed in at full resolution,
    as far as they are in focus. The room always keeps a disc that hides it. With the focus on the person, pixels of
    alpha 255 keep their very bytes and their light reaches no other pixel.

    After "scatter as gather" with per-sample circles of confusion, the samples behind held to the circle of the pixel
    they reach (D. Gustafsson, "Bokeh depth of field in a single pass", 2018).
    """

    def __init__(
        self,
        size: Size,
        *,
        focus: Focus,
        point: tuple[float, float],
        distance: float,
        aperture: float,
        max_radius_px: float,
        depth_of_field: float,
        highlights: float,
        least_blur: float,
        blades: int = 0,
        blades_turned_deg: float = 0.0,
        focus_pull_s: float = 0.6,
        draft: bool = False,
    ) -> None:
        """Take the memory.

        `point` (focus = point) is in shares of width and height; `distance` (focus = distance) is a nearness. The blur
        radius grows by `aperture` / 20 of the height for each 1 of nearness beyond `depth_of_field` from the focus, up
        to `max_radius_px` in pixels of a 720-line frame. `least_blur`: share of the radius at nearness 1 away that
        everything but the person has at least, whatever is in focus; it is never less than hides a room (a sixtieth of
        the height). `highlights`: 0 … 1, how much bright points bloom. `blades` from 3 on make a polygon of the
        disc, with a corner above unless it is turned. `focus_pull_s`: seconds in which the focus changes. `draft`: on a
        coarser grid.
        """
        if not (aperture > 0 and max_radius_px > 0 and 0 <= highlights <= 1 and 0 <= least_blur <= 1):
            raise ValueError("aperture, max_radius_px, highlights or least_blur out of range")
        self.size = size
        self._focus = FocusPull(focus, point=point, distance=distance, pull_s=focus_pull_s)
        self._only_room = focus == "person"
        gain = aperture * _APERTURE_SHARE * size.height
        cap = max_radius_px * size.height / _REFERENCE_LINES
        hiding = size.height * _HIDING_SHARE
        largest = max(min(gain, cap), hiding)
        self.block = max(math.ceil(largest / (_DRAFT_RADIUS if draft else _COARSE_RADIUS) - 1e-6), 1)
        """Side of a block of pixels on the reduced grid."""
        self._gain = np.float32(gain / self.block)
        self._cap = np.float32(max(largest / self.block, LEAST_RADIUS))
        self._least = np.float32(max(largest * least_blur, hiding) / self.block)
        self._margin = np.float32(_PERSON_DEPTH if focus == "person" else 0.0)
        self._depth_of_field = np.float32(depth_of_field)
        self._bloom = np.float32(_BLOOM * highlights)
        self._levels = level_table(_BLOOM * highlights)
        shape = Aperture(float(self._cap), blades, blades_turned_deg)
        self._reach, self._areas = shape.reach, shape.areas
        self._edges_behind, self._edges_before = shape.edges(), shape.edges(mirrored=True)
        self._layers = DepthLayers(size, self.block)
        h, w = self._layers.shape
        padded = (h + 2 * self._reach) * (w + 2 * self._reach)
        self._room = np.zeros((5, h, w), np.float32)
        self._person = np.zeros((5, h, w), np.float32)
        self._far = np.zeros(6 * padded + RUN, np.float32)
        self._near = np.zeros(6 * padded + RUN, np.float32)
        self._sharp = np.empty((h, w), np.float32)
        self._wanted = np.empty((h, w), np.uint8)
        self._all = np.ones((h, w), np.uint8)
        self._window = np.ones((3, 3), np.uint8)
        self._wide_window = np.ones((5, 5), np.uint8)
        self._scratch = np.empty((MOST, 8 * (w + RUN)), np.float32)
        self._rim = np.zeros((h, w), np.float32)
        self._small = np.empty((3, -(-h // 4), -(-w // 4), 4), np.float32)
        self._gap = np.empty((h, w), np.float32)
        self._carried = np.empty((h, w), np.float32)
        self._behind = np.empty((4, h, w), np.float32)
        self._before = np.empty((4, h, w), np.float32)
        self._recompose = Recompose(size, self.block, (h, w))
        self._dark = np.zeros(3, np.float32)

    def __call__(self, bgr: Pixels, alpha: Plane8, nearness: Plane, out: Pixels, seconds: float = _FRAME_S) -> None:
        """Fill `out` (H, W, 3) with `bgr` (H, W, 3) seen through the lens, `seconds` after the frame before.

        `alpha` (H, W) uint8 is the person; `nearness` (any h, w) float32 covers the whole frame, 0 far … 1 near.
        """
        check_pixels("bgr", bgr, self.size)
        check_plane8("alpha", alpha, self.size)
        check_pixels("out", out, self.size)
        if nearness.ndim != 2 or nearness.dtype != np.float32 or 0 in nearness.shape:
            raise ValueError(f"nearness must be (h, w) float32, not {nearness.shape} {nearness.dtype}")
        if not all_finite(nearness):
            raise ValueError("nearness must be finite")
        rows = bgr.reshape(self.size.height, -1)
        only_room = self._only_room
        light_sums(rows, alpha, False, self.block, self._bloom, self._room)
        if not only_room:
            light_sums(rows, alpha, True, self.block, self._bloom, self._person)
        cover = self._room[4]
        cv2.dilate(cover, self._window if only_room else self._wide_window, dst=self._rim)
        self._layers.split(nearness, cover, person=not only_room)
        focus = self._focus(self._layers, cover, seconds)
        front = self._anything_before(focus, only_room)
        _arrange(
            self._room,
            self._person,
            self._layers.room,
            self._layers.person,
            self._rim,
            only_room,
            np.float32(focus),
            self._depth_of_field,
            self._margin,
            self._gain,
            self._cap,
            self._least,
            self._areas,
            self._reach,
            self._far,
            self._near,
            self._sharp,
            self._wanted,
            front,
        )
        # Enlarging reads one block beyond.
        cv2.dilate(self._wanted, self._window, dst=self._wanted)
        gather(self._far, self._reach, self._edges_behind, self._wanted, self._scratch, self._behind)
        self._continue()
        to_levels(self._behind, self._mean_light(), *self._levels)
        if front:
            repeat_border(self._near, self._reach, self._all.shape)
            gather(self._near, self._reach, self._edges_before, self._all, self._scratch, self._before)
            to_levels(self._before, self._dark, *self._levels)
        if only_room and not front:
            self._recompose.over(rows, alpha, self._behind, out)
        else:
            self._recompose.layers(rows, alpha, self._behind, self._sharp, self._before if front else None, out)

    @property
    def radius_px(self) -> Plane:
        """(h, w) radius in pixels of the disc of each block behind the focus in the last frame, a copy."""
        h, w = self._layers.shape
        reach = self._reach
        padded = self._far[: (h + 2 * reach) * (w + 2 * reach)].reshape(h + 2 * reach, w + 2 * reach)
        return padded[reach : reach + h, reach : reach + w] * np.float32(self.block)

    def go_on_from(self, earlier: LensBlur) -> None:
        """Pull the focus over from where the other has it."""
        self._focus.go_on_from(earlier._focus)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._focus.reset()

    def _continue(self) -> None:
        """Carry the room on behind what hides it and is seen through, from as near by as there is any."""
        height, width = self._wanted.shape
        small, total, mean = self._small
        # Only into gaps: a lamp must not glow through a room that has discs enough of its own.
        np.multiply(self._behind[0], np.float32(-1.0 / _ENOUGH), out=self._gap)
        np.add(self._gap, np.float32(1.0), out=self._gap)
        np.maximum(self._gap, np.float32(0.0), out=self._gap)
        reduced = [cv2.resize(plane, small.shape[1::-1], interpolation=cv2.INTER_AREA) for plane in self._behind]
        cv2.merge(reduced, dst=small)  # one blur of four channels takes half the time of four
        total[:] = 0.0
        for side, share in _CONTINUED:
            cv2.blur(small, (side, side), dst=mean, borderType=cv2.BORDER_REPLICATE)
            cv2.scaleAdd(mean, share, total, dst=total)
        for plane, carried in zip(self._behind, cv2.split(total), strict=True):
            cv2.resize(carried, (width, height), dst=self._carried, interpolation=cv2.INTER_LINEAR)
            np.multiply(self._carried, self._gap, out=self._carried)
            np.add(plane, self._carried, out=plane)

    def _anything_before(self, focus: float, only_room: bool) -> bool:
        """Whether something may be out of focus before the focus plane: most pictures save that work."""
        sharp_to = focus + float(self._depth_of_field)
        if float(self._layers.room.max()) > sharp_to + float(self._margin):
            return True
        return not only_room and float(self._layers.person.max()) > sharp_to

    def _mean_light(self) -> NDArray[np.float32]:
        weight, *light = (cv2.sumElems(plane)[0] for plane in self._room[:4])
        return np.array(light, np.float32) / np.float32(weight) if weight > 0 else self._dark
