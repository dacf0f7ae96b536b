"""Components by atomics give what the CPU's walk gives."""

from __future__ import annotations

import numpy as np
import pytest
from support.device import back, furthest, poisoned, soft_planes

from livecut.kernels.cpu import specks as cpu
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.specks import SpeckFilter
from livecut.types import Size

NEAR = 2.0 / cpu._FULL
"""The CPU counts two shares in whole steps, the device does not."""


@pytest.mark.parametrize("size", [Size(24, 15), Size(1, 1), Size(1, 7)])
@pytest.mark.parametrize("share", [0.004, 0.05])
def test_the_same_is_removed(device: Device, size: Size, share: float) -> None:
    for seed in range(2):
        matte, _ = soft_planes(size.height, size.width, seed)
        wanted = matte.copy()
        cpu.SpeckFilter(size)(wanted, share)
        out = poisoned(device, matte.size, np.float32)
        SpeckFilter(device, size)(device.given(matte), share, out)
        assert furthest(back(out, wanted.shape), wanted) <= NEAR


def test_components_that_wind_are_joined(device: Device) -> None:
    spiral = np.zeros((15, 15), np.float32)
    for k in range(0, 7, 2):
        spiral[k, k : 15 - k] = spiral[14 - k, k : 15 - k] = 1
        spiral[k : 15 - k, k] = spiral[k : 15 - k, 14 - k] = 1
        spiral[k + 1, k] = 0
    spiral[0, 0] = 0.6
    wanted = spiral.copy()
    cpu.SpeckFilter(Size(15, 15))(wanted, 0.01)
    out = poisoned(device, spiral.size, np.float32)
    SpeckFilter(device, Size(15, 15))(device.given(spiral), 0.01, out)
    assert furthest(back(out, wanted.shape), wanted) <= NEAR


def test_a_share_of_nothing_is_refused(device: Device) -> None:
    with pytest.raises(ValueError, match=r"share must be above 0, 0.05 at most, not 0.0"):
        SpeckFilter(device, Size(4, 4))(None, 0.0, None)
