"""Blur by depth as a lens makes it, on the device; what is in focus is decided there too, so that nothing waits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import cuda, float64

from livecut.kernels import optics
from livecut.kernels.cpu import bokeh as cpu
from livecut.kernels.cpu.focus import Focus
from livecut.kernels.cpu.lens import LEAST_RADIUS, Aperture
from livecut.kernels.cpu.light import level_table
from livecut.kernels.cuda.depth_layers import DepthLayers
from livecut.kernels.cuda.device import WIDEST, Device
from livecut.kernels.cuda.focus import FocusPull
from livecut.kernels.cuda.lens import edge_table, gather, put
from livecut.kernels.cuda.light import level_at, light_sums, table_place
from livecut.kernels.cuda.recompose import Recompose
from livecut.kernels.cuda.reduce import block_sum
from livecut.types import Size

__all__ = ["LensBlur"]

_signed_blur = cuda.jit(device=True)(optics.signed_blur)
_smooth_ramp = cuda.jit(device=True)(optics.smooth_ramp)


@cuda.jit(cache=True)
def _mean_light(light: Any, count: Any, mean: Any, on: Any) -> None:
    # One block: the room's mean light. `on[0]` begins as "nothing before the focus", `on[1]` is always set.
    scratch = cuda.shared.array(WIDEST, float64)
    own, width = cuda.threadIdx.x, cuda.blockDim.x
    weight = 0.0
    for at in range(own, count, width):
        weight += light[at]
    weight = block_sum(weight, scratch)
    for c in range(3):
        part = 0.0
        for at in range(own, count, width):
            part += light[(c + 1) * count + at]
        part = block_sum(part, scratch)
        if own == 0:
            mean[c] = np.float32(part / weight) if weight > 0.0 else np.float32(0.0)
    if own == 0:
        on[0], on[1] = 0, 1


@cuda.jit(cache=True)
def _look_before(
    person: Any, room: Any, only_room: Any, count: Any, focus: Any, depth_of_field: Any, margin: Any, on: Any
) -> None:
    # Sets `on[0]` where something may be out of focus before the focus; who writes is all the same.
    sharp_to = focus[0] + float64(depth_of_field)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        if room[at] > sharp_to + float64(margin) or (not only_room and person[at] > sharp_to):
            on[0] = 1


@cuda.jit(cache=True)
def _arrange(
    room: Any, person: Any, room_near: Any, person_near: Any, person_sharp: Any, w: Any, h: Any, wide: Any,
    in_focus: Any, depth_of_field: Any, margin: Any, gain: Any, cap: Any, least: Any, areas: Any,
    far: Any, near: Any, sharp: Any, wanted: Any, on: Any,
) -> None:  # fmt: skip
    # Sorts the light of every block into what lies behind the focus and what before it, as the CPU's `_arrange`.
    # `wide`: how far around a block the largest cover is its rim's.
    count = w * h
    zero, one, tiny = np.float32(0.0), np.float32(1.0), np.float32(1e-6)
    low, high = np.float32(0.15), np.float32(1.0)
    focus = np.float32(in_focus[0])
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        cover = room[4 * count + at]
        rim = cover
        for j in range(max(0, y - wide), min(h, y + wide + 1)):
            for i in range(max(0, x - wide), min(w, x + wide + 1)):
                rim = max(rim, room[4 * count + j * w + i])
        away = room_near[at] - focus
        room_blur = _signed_blur(room_near[at], focus, depth_of_field + (margin if away > zero else zero), gain)
        room_blur = min(max(room_blur, -cap), cap)
        person_blur = zero
        if not person_sharp:
            person_blur = min(max(_signed_blur(person_near[at], focus, depth_of_field, gain), -cap), cap)
        room_front = _smooth_ramp(room_blur, low, high)
        person_front = _smooth_ramp(person_blur, low, high)
        person_in = one - _smooth_ramp(abs(person_blur), low, high)
        room_radius = max(-room_blur, least)
        person_radius = max(-person_blur, zero)

        trust = one - np.float32(cpu._UNTRUSTED) * rim
        room_share = (one - room_front) * trust
        person_share = (one - person_front) * (one - person_in)
        a, b = room[at] * room_share, person[at] * person_share
        radius = (a * room_radius + b * person_radius) / max(a + b, tiny)
        blue = room[count + at] * room_share + person[count + at] * person_share
        green = room[2 * count + at] * room_share + person[2 * count + at] * person_share
        red = room[3 * count + at] * room_share + person[3 * count + at] * person_share
        put(far, count, at, radius, a + b, blue, green, red, areas)
        behind = person_radius if person_blur < zero else room_radius
        far[5 * count + at] = max(room_radius + cover * (behind - room_radius), np.float32(LEAST_RADIUS))
        sharp[at] = person_in
        wanted[at] = 1 if cover * person_in < np.float32(0.9999) else 0
        if on[0] == 0:
            continue
        a, b = room[at] * room_front, person[at] * person_front
        radius = (a * max(room_blur, least) + b * person_blur) / max(a + b, tiny)
        blue = room[count + at] * room_front + person[count + at] * person_front
        green = room[2 * count + at] * room_front + person[2 * count + at] * person_front
        red = room[3 * count + at] * room_front + person[3 * count + at] * person_front
        put(near, count, at, radius, a + b, blue, green, red, areas)
        near[5 * count + at] = cap + one


@cuda.jit(cache=True)
def _quarter(planes: Any, w: Any, h: Any, small_w: Any, small_h: Any, out: Any) -> None:
    # Means over what each pixel of the small grid covers, of four planes.
    per_x, per_y = np.float32(w) / np.float32(small_w), np.float32(h) / np.float32(small_h)
    small = small_w * small_h
    for at in range(cuda.grid(1), 4 * small, cuda.gridsize(1)):
        plane = at // small
        y = (at - plane * small) // small_w
        x = at - plane * small - y * small_w
        left, top = np.float32(x) * per_x, np.float32(y) * per_y
        right, bottom = min(left + per_x, np.float32(w)), min(top + per_y, np.float32(h))
        total = weight = np.float32(0.0)
        row = int(top)
        while np.float32(row) < bottom:
            share_y = min(np.float32(row + 1), bottom) - max(np.float32(row), top)
            column = int(left)
            while np.float32(column) < right:
                share = share_y * (min(np.float32(column + 1), right) - max(np.float32(column), left))
                total += share * planes[plane * w * h + row * w + column]
                weight += share
                column += 1
            row += 1
        out[at] = total / weight


@cuda.jit(cache=True)
def _windows(small: Any, w: Any, h: Any, r0: Any, s0: Any, r1: Any, s1: Any, r2: Any, s2: Any, out: Any) -> None:
    # Sums over three windows (half sides r, shares s of each element) of four planes; borders repeat.
    count = w * h
    for at in range(cuda.grid(1), 4 * count, cuda.gridsize(1)):
        plane = at // count
        y = (at - plane * count) // w
        x = at - plane * count - y * w
        total = np.float32(0.0)
        for dy in range(-r2, r2 + 1):
            row = plane * count + min(max(y + dy, 0), h - 1) * w
            for dx in range(-r2, r2 + 1):
                share = s2
                if abs(dy) <= r1 and abs(dx) <= r1:
                    share += s1
                    if abs(dy) <= r0 and abs(dx) <= r0:
                        share += s0
                total += share * small[row + min(max(x + dx, 0), w - 1)]
        out[at] = total


@cuda.jit(cache=True)
def _finish(
    sums: Any, w: Any, h: Any, carried: Any, small_w: Any, small_h: Any, mean: Any, levels: Any, per_root: Any
) -> None:
    # Carries the room on into gaps, then turns light into levels, in place.
    count, small = w * h, small_w * small_h
    per_x, per_y = np.float32(small_w) / np.float32(w), np.float32(small_h) / np.float32(h)
    half, zero, one, tiny = np.float32(0.5), np.float32(0.0), np.float32(1.0), np.float32(1e-7)
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        y = at // w
        x = at - y * w
        at_x = min(max((np.float32(x) + half) * per_x - half, zero), np.float32(small_w - 1))
        at_y = min(max((np.float32(y) + half) * per_y - half, zero), np.float32(small_h - 1))
        left, top = int(at_x), int(at_y)
        right, below = min(left + 1, small_w - 1), min(top + 1, small_h - 1)
        across, down = at_x - np.float32(left), at_y - np.float32(top)
        gap = max(one - sums[at] * np.float32(1.0 / cpu._ENOUGH), zero)
        scale = zero
        for k in range(4):
            upper = carried[k * small + top * small_w + left]
            lower = carried[k * small + below * small_w + left]
            upper += (carried[k * small + top * small_w + right] - upper) * across
            lower += (carried[k * small + below * small_w + right] - lower) * across
            value = sums[k * count + at] + (upper + (lower - upper) * down) * gap
            if k == 0:
                sums[at] = value
                scale = one / (value + tiny)
            else:
                light = (value + tiny * mean[k - 1]) * scale
                sums[k * count + at] = level_at(table_place(light, per_root), levels)


@cuda.jit(cache=True)
def _finish_before(sums: Any, count: Any, levels: Any, per_root: Any, on: Any) -> None:
    # Light of what is before the focus into coverage and levels times coverage, in place.
    zero, one = np.float32(0.0), np.float32(1.0)
    if on[0] == 0:
        return
    for at in range(cuda.grid(1), count, cuda.gridsize(1)):
        weight = sums[at]
        cover = min(max(weight, zero), one)
        sums[at] = cover
        for k in range(1, 4):
            light = sums[k * count + at] / (weight + np.float32(1e-7))
            sums[k * count + at] = cover * level_at(table_place(light, per_root), levels)


class LensBlur:
    """A lens focused on the person, a point or a distance, as the CPU's class of this name shows it."""

    def __init__(
        self, device: Device, size: Size, plane_size: Size, *, focus: Focus, point: tuple[float, float],
        distance: float, aperture: float, max_radius_px: float, depth_of_field: float, highlights: float,
        least_blur: float, blades: int = 0, blades_turned_deg: float = 0.0, focus_pull_s: float = 0.6,
        draft: bool = False,
    ) -> None:  # fmt: skip
        """Take the memory for frames of `size` and nearness of `plane_size`; parameters as of the CPU's."""
        if not (aperture > 0 and max_radius_px > 0 and 0 <= highlights <= 1 and 0 <= least_blur <= 1):
            raise ValueError("aperture, max_radius_px, highlights or least_blur out of range")
        gain = aperture * cpu._APERTURE_SHARE * size.height
        cap = max_radius_px * size.height / cpu._REFERENCE_LINES
        hiding = size.height * cpu._HIDING_SHARE
        largest = max(min(gain, cap), hiding)
        self._device, self._size = device, size
        coarsest = cpu._DRAFT_RADIUS if draft else cpu._COARSE_RADIUS
        self._block = block = max(math.ceil(largest / coarsest - 1e-6), 1)
        self._gain, self._cap = np.float32(gain / block), np.float32(max(largest / block, LEAST_RADIUS))
        self._least = np.float32(max(largest * least_blur, hiding) / block)
        self._only_room = focus == "person"
        self._margin = np.float32(cpu._PERSON_DEPTH if self._only_room else 0.0)
        self._depth_of_field = np.float32(depth_of_field)
        self._bloom = np.float32(cpu._BLOOM * highlights)
        levels, self._per_root = level_table(cpu._BLOOM * highlights)
        self._levels = device.given(levels)
        shape = Aperture(float(self._cap), blades, blades_turned_deg)
        self._reach, self._areas = shape.reach, device.given(shape.areas)
        self._edges_behind = device.given(edge_table(shape))
        self._edges_before = device.given(edge_table(shape, mirrored=True))
        self._layers = DepthLayers(device, size, block, plane_size)
        w, h = self._shape = self._layers.width, self._layers.height
        count = w * h
        self._focus = FocusPull(device, focus, self._layers, point, distance, focus_pull_s)
        self._room, self._person = device.zeros(5 * count), device.zeros(5 * count)
        self._far, self._near = device.zeros(6 * count), device.zeros(6 * count)
        self._sharp, self._wanted = device.zeros(count), device.zeros(count, np.uint8)
        self._behind, self._before = device.zeros(4 * count), device.zeros(4 * count)
        self._small = -(-w // 4), -(-h // 4)
        self._means = device.zeros(4 * self._small[0] * self._small[1])
        self._carried = device.zeros(4 * self._small[0] * self._small[1])
        self._sides = [part for side, share in cpu._CONTINUED for part in (side // 2, np.float32(share / side**2))]
        self._mean = device.zeros(3)
        self._on = device.zeros(2, np.uint8)
        self._recompose = Recompose(device, size, block, self._shape)

    def __call__(self, bgr: Any, alpha: Any, nearness: Any, out: Any, seconds: float = cpu._FRAME_S) -> None:
        """Fill `out` (3 · pixels) with `bgr` seen through the lens, `seconds` after the frame before.

        `alpha` (pixels) uint8, `nearness` float32."""
        device, layers, only_room = self._device, self._layers, self._only_room
        (w, h), on, room, person = self._shape, self._on, self._room, self._person
        count = w * h
        light = self._block, self._bloom, w, h
        device.each(light_sums, count, bgr, *self._size, alpha, False, *light, room)
        if not only_room:
            device.each(light_sums, count, bgr, *self._size, alpha, True, *light, person)
        cover = room[4 * count :]
        layers.split(nearness, cover, person=not only_room)
        self._focus(cover, seconds)
        focus = self._focus.value
        device.alone(_mean_light, room, count, self._mean, on)
        field = self._depth_of_field, self._margin
        device.each(_look_before, count, layers.person, layers.room, only_room, count, focus, *field, on)
        device.each(
            _arrange, count, room, person, layers.room, layers.person, only_room, w, h, 1 if only_room else 2,
            focus, *field, self._gain, self._cap, self._least, self._areas,
            self._far, self._near, self._sharp, self._wanted, on,
        )  # fmt: skip
        device.each(
            gather,
            count,
            self._far,
            w,
            h,
            self._reach,
            self._edges_behind,
            False,
            self._wanted,
            False,
            on[1:],
            self._behind,
        )
        small, carried = 4 * self._small[0] * self._small[1], self._carried
        device.each(_quarter, small, self._behind, w, h, *self._small, self._means)
        device.each(_windows, small, self._means, *self._small, *self._sides, carried)
        table = self._levels, self._per_root
        device.each(_finish, count, self._behind, w, h, carried, *self._small, self._mean, *table)
        device.each(
            gather, count, self._near, w, h, self._reach, self._edges_before, True, self._wanted, True, on, self._before
        )
        device.each(_finish_before, count, self._before, count, *table, on)
        self._recompose(bgr, alpha, self._behind, self._sharp, self._before, on, out, all_sharp=only_room)

    def go_on_from(self, earlier: LensBlur) -> None:
        """Pull the focus over from where the other has it."""
        self._focus.go_on_from(earlier._focus)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._focus.reset()
