"""Plain compositing on the device is the CPU's, byte for byte."""

from __future__ import annotations

import numpy as np
from support.device import back, furthest, poisoned, scenery

from livecut.kernels.cpu import composite as cpu
from livecut.kernels.cuda.composite import grey, over_picture
from livecut.kernels.cuda.device import Device


def test_over_a_picture(device: Device) -> None:
    rng = np.random.default_rng(0)
    bgr, _ = scenery(9, 13)
    backdrop, _ = scenery(9, 13, seed=1)
    alpha = rng.integers(0, 256, (9, 13)).astype(np.uint8)
    wanted = np.empty_like(bgr)
    cpu.over_picture(bgr, alpha, backdrop, wanted)
    out = poisoned(device, bgr.size)
    over_picture(device, device.given(bgr), device.given(alpha), device.given(backdrop), alpha.size, out)
    assert furthest(back(out, bgr.shape), wanted) == 0


def test_alpha_as_a_picture(device: Device) -> None:
    _, alpha = scenery(5, 7)
    out = poisoned(device, 3 * 35)
    grey(device, device.given(alpha), 35, out)
    assert furthest(back(out, (5, 7, 3)), np.repeat(alpha[:, :, None], 3, axis=2)) == 0
