"""I420 and NV12 from the device are the CPU's, byte for byte."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from support.device import back, furthest, poisoned, scenery

from livecut.kernels.cpu import yuv as cpu
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.yuv import CONVERSIONS
from livecut.types import Size


@pytest.mark.parametrize("size", [(8, 12), (2, 2), (7, 9), (4, 5)])
@pytest.mark.parametrize("name", ["i420", "nv12"])
def test_the_same_bytes_of_the_even_part(device: Device, size: tuple[int, int], name: Literal["i420", "nv12"]) -> None:
    bgr, _ = scenery(*size)
    even = np.ascontiguousarray(bgr[: size[0] // 2 * 2, : size[1] // 2 * 2])
    wanted = np.empty(even.size // 2, np.uint8)
    (cpu.bgr_to_i420 if name == "i420" else cpu.bgr_to_nv12)(even, wanted)
    out = poisoned(device, wanted.size + 3)
    CONVERSIONS[name](device, device.given(bgr), Size(size[1], size[0]), out, 2)
    bytes_ = back(out, (wanted.size + 3,))
    assert furthest(bytes_[2:-1], wanted) == 0
    assert (bytes_[0], bytes_[1], bytes_[-1]) == (77, 77, 77)


def test_one_column_gives_nothing(device: Device) -> None:
    out = poisoned(device, 4)
    CONVERSIONS["i420"](device, device.given(np.zeros((4, 1, 3), np.uint8)), Size(1, 4), out, 0)
    assert (back(out, (4,)) == 77).all()
