"""The rim before another background on the device equals the CPU's."""

from __future__ import annotations

import numpy as np
import pytest
from support.device import back, furthest, poisoned, scenery

from livecut.kernels.cpu import rim as cpu
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.rim import Rim
from livecut.types import Size

SIZES = [(17, 27), (1, 9), (1, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("decontaminate", "light_wrap"), [(True, 0.15), (True, 0.0), (False, 1.0)])
def test_over_a_picture(device: Device, size: tuple[int, int], decontaminate: bool, light_wrap: float) -> None:
    bgr, alpha = scenery(*size)
    backdrop, _ = scenery(*size, seed=5)
    wanted = np.empty_like(bgr)
    theirs = cpu.Rim(Size(size[1], size[0]), decontaminate=decontaminate, light_wrap=light_wrap)
    theirs.light(backdrop)
    theirs.over(bgr, alpha, backdrop, wanted)
    out, behind = poisoned(device, bgr.size), device.given(backdrop)
    ours = Rim(device, Size(size[1], size[0]), decontaminate=decontaminate, light_wrap=light_wrap)
    ours.light(behind)
    ours.over(device.given(bgr), device.given(alpha), behind, out)
    assert furthest(back(out, bgr.shape), wanted) <= 1


@pytest.mark.parametrize("size", SIZES)
def test_alone(device: Device, size: tuple[int, int]) -> None:
    bgr, alpha = scenery(*size)
    wanted = np.empty_like(bgr)
    cpu.Rim(Size(size[1], size[0]), decontaminate=True, light_wrap=0.0).alone(bgr, alpha, wanted)
    out = poisoned(device, bgr.size)
    Rim(device, Size(size[1], size[0]), decontaminate=True, light_wrap=0.0).alone(
        device.given(bgr), device.given(alpha), out
    )
    assert furthest(back(out, bgr.shape), wanted) <= 1
    assert not back(out, bgr.shape)[alpha == 0].any()


def test_light_wrap_has_bounds(device: Device) -> None:
    with pytest.raises(ValueError, match=r"light_wrap must be 0 … 1, not 2.0"):
        Rim(device, Size(4, 4), decontaminate=True, light_wrap=2.0)
