"""The device's motion field is the plain functions', step by step, and finds what the CPU's finds."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.device import back, furthest, poisoned, scenery

from livecut.kernels import inverse_search
from livecut.kernels.cpu import likeness as cpu
from livecut.kernels.cpu import motion_field
from livecut.kernels.cpu.parting import Parting
from livecut.kernels.cpu.resample import taps
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.likeness import likeness
from livecut.kernels.cuda.motion_field import DeviceMotion, MotionField
from livecut.kernels.cuda.parting import medians, parting
from livecut.types import Pixels, Size

SIZES = [Size(1, 1), Size(9, 1), Size(1, 7), Size(13, 6)]


def planes_of(motion: DeviceMotion, size: Size) -> list[NDArray[Any]]:
    return [back(plane, (size.height, size.width)) for plane in (motion.dx, motion.dy, motion.same)]


def textured(size: Size, seed: int = 0) -> Pixels:
    noise = np.random.default_rng(seed).uniform(0, 255, (size.height, size.width, 3)).astype(np.float32)
    return np.clip((cv2.GaussianBlur(noise, (0, 0), 2.0) - 127) * 6 + 128, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_small_pictures_are_taken_for_still_as_the_cpus(device: Device, size: Size) -> None:
    ours, theirs = MotionField(device, size), motion_field.MotionField(size)
    rng = np.random.default_rng(1)
    for seed in (0, 0, 5):
        bgr, _ = scenery(size.height, size.width, seed)
        bgr = np.clip(bgr.astype(np.int16) + rng.integers(-5, 6, bgr.shape), 0, 255).astype(np.uint8)
        # Beside the picture lies what is not its own, as in a network's input with margins.
        wide = np.full((size.height + 2, size.width + 5, 3), 200, np.uint8)
        wide[1:-1, 3:-2] = bgr
        found = ours((device.given(wide), size.width + 5, 3, 1))
        known = theirs(bgr)
        assert furthest(back(ours._now, bgr.shape), theirs._now[:, :, :3]) <= 1
        assert furthest(back(ours._levels[0].now, bgr.shape[:2]), cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)) == 0
        if found is None:
            assert not known
            continue
        assert bool(back(found.known, (1,))[0]) == known
        dx, dy, same = planes_of(found, size)
        assert not dx.any() and not dy.any()
        # Where the calmed pictures are a level apart, likeness may be by as much.
        assert furthest(same, theirs.same) <= 0.17


def test_what_was_forgotten_is_not_compared(device: Device) -> None:
    size = Size(5, 4)
    field = MotionField(device, size)
    guide = (device.given(textured(size)), 5, 0, 0)
    assert field(guide) is None
    assert field(guide) is not None
    field.forget()
    assert field(guide) is None


def test_a_pan_is_found_from_coarse_to_fine(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion_field, "_LEAST_SIDE", 32)  # the simulator is slow
    size = Size(92, 32)
    picture = textured(Size(110, 40), 3)
    shots = [np.ascontiguousarray(picture[4:36, 4:96]), np.ascontiguousarray(picture[3:35, 13:105])]
    field = MotionField(device, size)
    assert [level.size for level in field._levels] == [size, Size(46, 16), Size(23, 8)]
    found = None
    for shot in shots:
        found = field((device.given(shot), 92, 0, 0))
    assert found is not None and back(found.known, (1,))[0] == 1
    dx, dy, same = planes_of(found, size)
    # Nine pixels are too far to go for a patch of the finest level alone.
    inner = (slice(4, -4), slice(8, -24))
    assert abs(np.median(dx[inner]) - 9) < 0.2 and abs(np.median(dy[inner]) + 1) < 0.2
    assert same[inner].mean() > 0.5
    # What the kernels did is what the plain functions do one by one.
    coarse, level = field._levels[2], field._levels[1]
    now, before = back(level.now, (16 * 46,)), back(level.before, (16 * 46,))
    greys = [cv2.resize(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY), (46, 16), interpolation=cv2.INTER_AREA) for one in shots]
    assert furthest(now.reshape(16, 46), greys[1]) <= 1 and furthest(before.reshape(16, 46), greys[0]) <= 1
    patches = back(level.patch_u, (33,)), back(level.patch_v, (33,))
    above = back(coarse.u, (8, 23)), back(coarse.v, (8, 23))
    for at in (0, 14, 32):
        left, top = min(at % 11 * 4, 38), at // 11 * 4
        guess = [2 * plane[(top + 4) // 2, (left + 4) // 2] for plane in above]
        one = inverse_search.patch_motion(now, before, 46, 16, left, top, *guess)
        assert (patches[0][at], patches[1][at]) == pytest.approx(one, abs=1e-3)
    mean = inverse_search.dense_motion(now, before, 46, 16, 17, 9, *patches, 11, 3)
    assert (back(level.u, (16, 46))[9, 17], back(level.v, (16, 46))[9, 17]) == pytest.approx(mean, abs=1e-3)


def test_a_cut_is_told(device: Device) -> None:
    size = Size(12, 8)
    field = MotionField(device, size)
    dark, bright = np.full((8, 12, 3), 20, np.uint8), np.full((8, 12, 3), 220, np.uint8)
    known = []
    for shot in (dark, dark, bright, bright):
        found = field((device.given(shot), 12, 0, 0))
        known.append(None if found is None else int(back(found.known, (1,))[0]))
    assert known == [None, 1, 0, 1]


@pytest.mark.parametrize("size", [Size(12, 8), Size(17, 11)])
def test_the_picture_before_may_be_another_fields(device: Device, size: Size) -> None:
    picture = textured(Size(12, 8))
    before, other = MotionField(device, Size(12, 8)), Device()
    assert not MotionField(other, size).go_on_from(before)
    before((device.given(picture), 12, 0, 0))
    field = MotionField(other, size)
    assert field.go_on_from(before)
    shown = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    found = field((other.given(shown), size.width, 0, 0))
    assert found is not None
    assert np.median(planes_of(found, size)[2]) > (0.999 if size == before.size else 0.7)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("reach", [0.4, 3.0])
def test_likeness_is_the_cpus(device: Device, size: Size, reach: float) -> None:
    w, h = size
    rng = np.random.default_rng(h + w)
    before = rng.integers(80, 120, (h, w, 3), dtype=np.uint8)
    now = np.clip(np.roll(before, 1, axis=1).astype(np.int16) + rng.integers(-6, 7, (h, w, 3)), 0, 255).astype(np.uint8)
    flow = rng.uniform(-reach, reach, (h, w, 2)).astype(np.float32)
    wanted = [np.empty((h, w), np.float32) for _ in range(3)]
    one, other = (np.pad(picture, ((0, 0), (0, 0), (0, 1))) for picture in (now, before))
    cpu.likeness(one, other, flow, *wanted)
    out = [poisoned(device, w * h, np.float32) for _ in range(3)]
    tables = [device.given(table) for table in (*taps(w, w), *taps(h, h))]
    u, v = (device.given(flow[:, :, k]) for k in range(2))
    likeness(device, device.given(now), device.given(before), size, (u, v, w, h), tables, np.float32(1), *out)
    for one, other in zip(out, wanted, strict=True):
        assert furthest(back(one, (h, w)), other) <= 1e-4


@pytest.mark.parametrize("size", SIZES)
def test_parting_is_the_cpus(device: Device, size: Size) -> None:
    shape = (size.height, size.width)
    rng = np.random.default_rng(4)
    dx, dy = (rng.normal(0, 0.6, shape).astype(np.float32) for _ in range(2))
    same = rng.uniform(0, 1, shape).astype(np.float32)
    out, across, down, scratch = (poisoned(device, same.size, np.float32) for _ in range(4))
    medians(device, size, device.given(dx), device.given(dy), across, down)
    parting(device, size, across, down, device.given(same), scratch, out)
    Parting(size)(dx, dy, same)
    assert np.array_equal(back(across, shape), dx) and np.array_equal(back(down, shape), dy)
    assert furthest(back(out, shape), same) <= 1e-5
