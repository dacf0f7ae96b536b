"""The blurred background on the device equals the CPU's."""

from __future__ import annotations

import numpy as np
import pytest
from support.device import back, furthest, poisoned, scenery

from livecut.kernels.cpu import background_blur as cpu
from livecut.kernels.cuda.background_blur import BackgroundBlur
from livecut.kernels.cuda.device import Device
from livecut.types import Pixels, Plane8, Size


def both(
    device: Device, bgr: Pixels, alpha: Plane8, radius: float, dim: float = 0.0, saturation: float = 1.0
) -> tuple[Pixels, Pixels]:
    size = Size(bgr.shape[1], bgr.shape[0])
    wanted = np.empty_like(bgr)
    cpu.BackgroundBlur(size, radius, dim=dim, saturation=saturation)(bgr, alpha, wanted)
    out = poisoned(device, bgr.size)
    blur = BackgroundBlur(device, size, radius, dim=dim, saturation=saturation)
    blur(device.given(bgr), device.given(alpha), out)
    return back(out, bgr.shape), wanted


@pytest.mark.parametrize("size", [(17, 27), (1, 9), (7, 1), (1, 1)])
@pytest.mark.parametrize("radius", [24.0, 400.0])
def test_the_same_blur(device: Device, size: tuple[int, int], radius: float) -> None:
    bgr, alpha = scenery(*size)
    ours, wanted = both(device, bgr, alpha, radius)
    assert furthest(ours, wanted) <= 1
    assert (ours[alpha == 255] == bgr[alpha == 255]).all()


def test_the_same_shade(device: Device) -> None:
    bgr, alpha = scenery(20, 30)
    ours, wanted = both(device, bgr, alpha, 200.0, 0.4, 0.3)
    assert furthest(ours, wanted) <= 1


@pytest.mark.parametrize("level", [0, 128, 255])
def test_nobody_everybody_and_nothing_sure(device: Device, level: int) -> None:
    bgr, alpha = scenery(18, 24)
    ours, wanted = both(device, bgr, np.full_like(alpha, level), 300.0)
    assert furthest(ours, wanted) <= 1
