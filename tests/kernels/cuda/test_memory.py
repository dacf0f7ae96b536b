"""Memory that moves with the picture, and the room's, keep on the device what they keep on the CPU."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from support.device import back, furthest, poisoned, soft_planes

from livecut.kernels.cpu import memory as cpu
from livecut.kernels.cpu import room_memory
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.memory import AlphaMemory, refit, remember
from livecut.kernels.cuda.motion_field import DeviceMotion
from livecut.kernels.cuda.room_memory import RoomMemory
from livecut.types import Motion, Size

SIZES = [Size(1, 1), Size(1, 7), Size(9, 1), Size(13, 5), Size(35, 6)]


def motions(device: Device, size: Size, reach: float = 3.0, known: int = 1) -> tuple[DeviceMotion, Motion]:
    rng = np.random.default_rng(2)
    shape = (size.height, size.width)
    dx, dy = (rng.uniform(-reach, reach, shape).astype(np.float32) for _ in range(2))
    same = rng.uniform(0, 1, shape).astype(np.float32)
    flag = device.given(np.array([known], np.int32))
    return DeviceMotion(device.given(dx), device.given(dy), device.given(same), flag), Motion(dx, dy, same, 1, 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keep", [0.0, 0.6, 1.0])
def test_the_same_of_a_matte_stays(device: Device, size: Size, keep: float) -> None:
    rng = np.random.default_rng(4)
    matte, before = (rng.uniform(0, 1, (size.height, size.width)).astype(np.float32) for _ in range(2))
    ours, theirs = motions(device, size)
    wanted = np.empty_like(matte)
    cpu.remember(matte, before, theirs, keep, wanted)
    out = poisoned(device, matte.size, np.float32)
    remember(device, device.given(matte), device.given(before), ours, keep, size, out)
    assert furthest(back(out, matte.shape), wanted) <= 1e-5


@pytest.mark.parametrize("plane_size", [Size(1, 1), Size(5, 3)])
@pytest.mark.parametrize("size", SIZES)
def test_the_same_of_an_alpha_stays(device: Device, size: Size, plane_size: Size) -> None:
    rng = np.random.default_rng(6)
    shape = (size.height, size.width)
    fresh, held = (rng.choice([0, 1, 90, 200, 254, 255], shape).astype(np.uint8) for _ in range(2))
    # Runs at rest are left alone, whatever lies where they came from.
    fresh[:, :16] = held[:, :16] = 255
    fresh[:, -2:] = 60
    ours, theirs = motions(device, plane_size, reach=1.5)
    wanted = np.empty(shape, np.uint8)
    cpu.AlphaMemory(size, plane_size, 0.7)(fresh, held, theirs, wanted)
    out = poisoned(device, fresh.size)
    AlphaMemory(device, size, plane_size, 0.7)(device.given(fresh), device.given(held), ours, out)
    assert furthest(back(out, shape), wanted) <= 1


def test_a_memory_that_is_no_number_is_left_behind(device: Device) -> None:
    matte, before = np.full((2, 5), 0.25, np.float32), np.full((2, 5), 0.5, np.float32)
    before[1, 1] = np.nan
    still, every = device.zeros(10), device.given(np.ones(10, np.float32))
    motion = DeviceMotion(still, still, every, device.given(np.array([1], np.int32)))
    out = poisoned(device, 10, np.float32)
    remember(device, device.given(matte), device.given(before), motion, 0.8, Size(5, 2), out)
    kept = back(out, (2, 5))
    assert kept[1, 1] == 0.25 and np.isfinite(kept).all() and (kept[:, 3:] > 0.4).all()


def test_where_the_motion_says_nothing_nothing_stays(device: Device) -> None:
    size = Size(6, 5)
    motion, _ = motions(device, size, known=0)
    matte, before = soft_planes(5, 6), soft_planes(5, 6, 1)
    out = poisoned(device, 30, np.float32)
    remember(device, device.given(matte[0]), device.given(before[0]), motion, 1.0, size, out)
    assert furthest(back(out, (5, 6)), matte[0]) == 0
    fresh, held = (np.random.default_rng(k).integers(0, 256, (5, 6)).astype(np.uint8) for k in range(2))
    out = poisoned(device, 30)
    AlphaMemory(device, size, size, 1.0)(device.given(fresh), device.given(held), motion, out)
    assert furthest(back(out, (5, 6)), fresh) == 0


@pytest.mark.parametrize("size", [Size(1, 1), Size(6, 9), Size(19, 4)])
def test_a_plane_is_stretched_over_another_grid(device: Device, size: Size) -> None:
    plane, _ = soft_planes(7, 11)
    out = poisoned(device, size.width * size.height, np.float32)
    refit(device, device.given(plane), Size(11, 7), out, size)
    wanted = cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR).reshape(size.height, size.width)
    assert furthest(back(out, wanted.shape), wanted) <= 1e-5


def test_keep_is_a_share(device: Device) -> None:
    motion, _ = motions(device, Size(1, 1))
    for keep in (-0.1, 1.1):
        with pytest.raises(ValueError, match=rf"^keep must be 0 … 1, not {keep}$"):
            remember(device, None, None, motion, keep, Size(1, 1), None)
        with pytest.raises(ValueError, match=rf"^keep must be 0 … 1, not {keep}$"):
            AlphaMemory(device, Size(1, 1), Size(1, 1), keep)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7)])
def test_the_room_rests_as_the_cpus(device: Device, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    count = shape[0] * shape[1]
    ours, theirs = RoomMemory(device, count), room_memory.RoomMemory(shape)
    other, far = RoomMemory(Device(), count), RoomMemory(device, count + 1)
    assert not other.go_on_from(ours)
    room = rng.uniform(20, 230, (3, *shape)).astype(np.float32)
    for number in range(6):
        planes = np.asarray(room + rng.normal(0, 1.5, room.shape) + (40 if number >= 3 else 0), np.float32)
        given = device.given(planes)
        if number == 4:
            assert other.go_on_from(ours) and not far.go_on_from(ours)
            ours = other
        if number == 5:
            ours.forget()
            theirs.forget()
        ours(given)
        theirs(planes)
        assert furthest(back(given, planes.shape), planes) <= 1e-3
