"""Upsampling on the device equals the CPU's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.device import back, furthest, poisoned, scenery, soft_planes

from livecut.kernels.cpu import guided as cpu
from livecut.kernels.cpu.halved import HalvedUpsampler
from livecut.kernels.cpu.tensor import Shrink
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.guided import BilinearUpsampler, GuidedUpsampler
from livecut.kernels.cuda.guided import HalvedUpsampler as DeviceHalvedUpsampler
from livecut.types import Size

CURVE = {"low": 0.08, "high": 0.92}
SIZES = [(Size(26, 17), Size(11, 7)), (Size(5, 1), Size(3, 1)), (Size(1, 1), Size(1, 1))]


@pytest.mark.parametrize(("size", "plane_size"), SIZES)
@pytest.mark.parametrize("halved", [False, True])
def test_guided_follows_the_same_edges(device: Device, size: Size, plane_size: Size, halved: bool) -> None:
    bgr, _ = scenery(size.height, size.width)
    matte, _ = soft_planes(plane_size.height, plane_size.width)
    guide = np.empty((plane_size.height, plane_size.width, 3), np.uint8)
    Shrink(size, plane_size)(bgr, guide)
    wanted = np.empty((size.height, size.width), np.uint8)
    options: dict[str, Any] = {"radius": 2, "epsilon": 0.0008, **CURVE}
    (HalvedUpsampler if halved else cpu.GuidedUpsampler)(size, plane_size, **options)(bgr, matte, wanted, guide)
    out = poisoned(device, wanted.size)
    # The guide lies inside a wider picture, as a network's padded input has it.
    padded = np.full((plane_size.height + 3, plane_size.width + 5, 3), 200, np.uint8)
    padded[2 : 2 + plane_size.height, 4 : 4 + plane_size.width] = guide
    upsampler = (DeviceHalvedUpsampler if halved else GuidedUpsampler)(device, size, plane_size, **options)
    upsampler(device.given(bgr), device.given(matte), (device.given(padded), plane_size.width + 5, 4, 2), out)
    assert furthest(back(out, wanted.shape), wanted) <= 1


@pytest.mark.parametrize(("size", "plane_size"), SIZES)
def test_bilinear_is_the_same(device: Device, size: Size, plane_size: Size) -> None:
    bgr, _ = scenery(size.height, size.width)
    matte, _ = soft_planes(plane_size.height, plane_size.width)
    wanted = np.empty((size.height, size.width), np.uint8)
    cpu.BilinearUpsampler(size, plane_size, **CURVE)(bgr, matte, wanted)
    out = poisoned(device, wanted.size)
    BilinearUpsampler(device, size, plane_size, **CURVE)(device.given(bgr), device.given(matte), (None, 0, 0, 0), out)
    assert furthest(back(out, wanted.shape), wanted) <= 1
