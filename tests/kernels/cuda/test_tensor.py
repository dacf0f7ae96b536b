"""What networks see and answer is the same on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.device import ONE_LEVEL, back, furthest, poisoned, scenery

from livecut.kernels.cpu import tensor as cpu
from livecut.kernels.cpu.tensor import Activation
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.tensor import NetworkInput, Shrink, activate, scale_depth
from livecut.types import Size


@pytest.mark.parametrize(
    ("source", "target", "box"),
    [
        (Size(40, 24), Size(9, 7), (0, 0, 9, 7)),
        (Size(37, 23), Size(9, 7), (0, 1, 9, 4)),
        (Size(40, 24), Size(16, 8), (5, 0, 6, 8)),
        (Size(6, 4), Size(9, 9), (0, 1, 9, 7)),
        (Size(1, 1), Size(8, 8), (0, 0, 8, 8)),
    ],
)
def test_networks_see_the_same(device: Device, source: Size, target: Size, box: tuple[int, int, int, int]) -> None:
    bgr, _ = scenery(source.height, source.width)
    wanted = np.zeros((target.height, target.width, 3), np.uint8)
    x, y, width, height = box
    cpu.Shrink(source, Size(width, height))(bgr, wanted[y : y + height, x : x + width])
    cpu.mirror_edges(wanted, *box)
    out = poisoned(device, wanted.size)
    Shrink(device, source, target, box)(device.given(bgr), out)
    assert furthest(back(out, wanted.shape), wanted) <= 1


def test_a_pixel_is_about_the_mean_of_what_it_covers(device: Device) -> None:
    bgr, _ = scenery(12, 20)
    out = poisoned(device, 3 * 5 * 3)
    Shrink(device, Size(20, 12), Size(5, 3), (0, 0, 5, 3))(device.given(bgr), out)
    means = bgr.reshape(3, 4, 5, 4, 3).astype(np.float64).mean(axis=(1, 3))
    assert furthest(back(out, (3, 5, 3)), means) <= 1


@pytest.mark.parametrize("rgb", [False, True])
@pytest.mark.parametrize("nchw", [False, True])
def test_tensors_are_the_same(device: Device, rgb: bool, nchw: bool) -> None:
    bgr, _ = scenery(5, 7)
    mean, std = np.array([100, 110, 120], np.float32), np.array([50, 55, 60], np.float32)
    wanted = np.empty((1, 3, 5, 7) if nchw else (1, 5, 7, 3), np.float32)
    cpu.to_tensor(bgr, wanted, mean=mean, std=std, rgb=rgb, nchw=nchw)
    out = poisoned(device, wanted.size, np.float32)
    given = NetworkInput(device, Size(7, 5), Size(7, 5), (0, 0, 7, 5))
    given.normalised(tuple(mean), tuple(std), rgb=rgb, nchw=nchw)
    image = poisoned(device, bgr.size)
    given(device.given(bgr), image)
    given.tensor(image, out)
    assert furthest(back(out, wanted.shape), wanted) <= 1e-5


@pytest.mark.parametrize("activation", ["none", "sigmoid", "softmax"])
@pytest.mark.parametrize("nhwc", [False, True])
def test_alpha_is_the_same_cut_out(device: Device, activation: Activation, nhwc: bool) -> None:
    rng = np.random.default_rng(1)
    raw = np.asarray(rng.normal(0.5, 0.6 if activation == "none" else 4.0, (2, 6, 8)), np.float32)
    raw[:, 0, 0] = 300, -300
    plane = np.empty((6, 8), np.float32)
    cpu.activate(raw, 1, activation, plane)
    wanted = plane[1:5, 2:7]
    given: Any = np.ascontiguousarray(raw.transpose(1, 2, 0)) if nhwc else raw
    strides = (1, 16, 2) if nhwc else (48, 8, 1)
    out, flags = poisoned(device, 20, np.float32), device.zeros(2, np.uint8)
    activate(device, device.given(given), strides, 2, 1, activation, (2, 1, 5, 4), out, flags, 1)
    assert furthest(back(out, (4, 5)), wanted) <= 1e-5
    assert list(back(flags, (2,))) == [0, 0]


@pytest.mark.parametrize("activation", ["none", "sigmoid", "softmax"])
def test_what_is_no_number_is_flagged_and_counts_as_none(device: Device, activation: Activation) -> None:
    raw = np.full((2, 3, 4), 0.5, np.float32)
    raw[0, 1, 2] = np.nan
    out, flags = poisoned(device, 12, np.float32), device.zeros(2, np.uint8)
    activate(device, device.given(raw), (12, 4, 1), 2, 0, activation, (0, 0, 4, 3), out, flags, 0)
    assert list(back(flags, (2,))) == [1, 0]
    alpha = back(out, (3, 4))
    assert alpha[1, 2] == 0.0
    assert (np.delete(alpha, 6) == alpha[0, 0]).all()
    assert alpha[0, 0] > 0.4


@pytest.mark.parametrize(("far", "near"), [(0.0, 1.0), (5.0, 0.5)])
def test_depth_is_the_same(device: Device, far: float, near: float) -> None:
    raw = np.asarray(np.random.default_rng(2).normal(1.5, 2.0, (1, 4, 6)), np.float32)
    plane = np.empty((4, 6), np.float32)
    cpu.scale_depth(raw, 0, far=far, near=near, out=plane)
    out, flags = poisoned(device, 6, np.float32), device.zeros(1, np.uint8)
    scale_depth(device, device.given(raw), (24, 6, 1), 0, (3, 1, 3, 2), out, flags, 0, far=far, near=near)
    assert furthest(back(out, (2, 3)), plane[1:3, 3:6]) <= 1e-3 * ONE_LEVEL
    assert back(flags, (1,))[0] == 0
    raw[0, 2, 4] = np.inf - np.inf
    scale_depth(device, device.given(raw), (24, 6, 1), 0, (3, 1, 3, 2), out, flags, 0, far=far, near=near)
    assert back(flags, (1,))[0] == 1
