"""Stable depth on the device takes the same course over many frames."""

from __future__ import annotations

import numpy as np
import pytest
from support.device import ONE_LEVEL, back, furthest, soft_planes

from livecut.kernels.cpu import depth_stability as cpu
from livecut.kernels.cuda.depth_stability import DepthStabiliser
from livecut.kernels.cuda.device import Device
from livecut.types import Size


def frames(size: Size) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    _, depth = soft_planes(size.height, size.width)
    flicker = [depth * (1 + 0.1 * rng.normal()) + 0.05 * rng.normal() for _ in range(2)]
    cut = [np.roll(1 - depth, size.width // 3, axis=1), np.full_like(depth, 0.4), np.full_like(depth, 0.4)]
    return [np.ascontiguousarray(np.clip(plane, 0, 1), np.float32) for plane in (*flicker, *cut, *flicker)]


@pytest.mark.parametrize("size", [Size(12, 7), Size(1, 1)])
@pytest.mark.parametrize("stabilise", [0.9, 1.0])
def test_the_same_course(device: Device, size: Size, stabilise: float) -> None:
    ours, theirs = DepthStabiliser(device, size, stabilise, 0.25), cpu.DepthStabiliser(stabilise, 0.25)
    for number, plane in enumerate(frames(size)):
        if number == 6:
            ours.reset()
            theirs.reset()
        ours(device.given(plane))
        assert furthest(back(ours.held, plane.shape), theirs(plane)) <= ONE_LEVEL, number


@pytest.mark.parametrize("known", [0, 1])
def test_a_picture_like_none_before_counts_as_the_cpu_s(device: Device, known: int) -> None:
    size = Size(12, 7)
    ours, theirs = DepthStabiliser(device, size, 0.9, 0.25), cpu.DepthStabiliser(0.9, 0.25)
    first = frames(size)[0]
    told = device.given(np.array([known], np.int32))
    found = []
    for plane in (first, np.ascontiguousarray(np.roll(first, 2, axis=1)), first):
        ours(device.given(plane), told)
        wanted = theirs(plane, unlike=not known)
        assert furthest(back(ours.held, plane.shape), wanted) <= ONE_LEVEL
        found.append(wanted.copy())
    assert np.array_equal(found[0], found[2]) == (not known)


def test_another_one_goes_on(device: Device) -> None:
    size = Size(5, 4)
    ours, theirs = DepthStabiliser(device, size, 0.9, 0.25), cpu.DepthStabiliser(0.9, 0.25)
    for number, plane in enumerate(frames(size)[:2] * 2):
        if number == 2:
            alone, following = (
                DepthStabiliser(device, Size(2, 2), 0.9, 0.25),
                DepthStabiliser(Device(), size, 0.9, 0.25),
            )
            alone.go_on_from(ours)
            assert not back(alone._memory, (3,)).any()
            following.go_on_from(ours)
            ours, before = following, theirs
            theirs = cpu.DepthStabiliser(0.9, 0.25)
            theirs.go_on_from(before)
        ours(device.given(plane))
        assert furthest(back(ours.held, plane.shape), theirs(plane)) <= ONE_LEVEL, number


def test_what_is_out_of_range_is_refused(device: Device) -> None:
    with pytest.raises(ValueError, match=r"stabilise 1.5 or cut_threshold 0.25 out of range"):
        DepthStabiliser(device, Size(2, 2), 1.5, 0.25)
