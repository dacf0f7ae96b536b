"""Fitting on the device equals the CPU's."""

from __future__ import annotations

import numpy as np
import pytest
from support.device import back, furthest, poisoned, scenery

from livecut.kernels.cpu import geometry as cpu
from livecut.kernels.cpu.geometry import Fit
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.geometry import clear_beside, fit
from livecut.types import WHOLE, Pixels, Size, View


def fitted(device: Device, bgr: Pixels, target: Size, mode: Fit, mirrored: bool, view: View) -> tuple[Pixels, Pixels]:
    source = Size(bgr.shape[1], bgr.shape[0])
    wanted = np.empty((target.height, target.width, 3), np.uint8)
    cpu.fit(bgr, wanted, mode=mode, mirrored=mirrored, view=view, bars=None)
    out = poisoned(device, wanted.size)
    fit(device, device.given(bgr), source, out, target, mode=mode, mirrored=mirrored, view=view)
    return back(out, wanted.shape), wanted


@pytest.mark.parametrize("mode", ["cover", "contain", "stretch"])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("source", "target"), [((20, 14), (11, 11)), ((41, 25), (9, 5)), ((8, 5), (11, 7))])
def test_all_ways_of_fitting(
    device: Device, mode: Fit, mirrored: bool, source: tuple[int, int], target: tuple[int, int]
) -> None:
    bgr, _ = scenery(source[1], source[0])
    ours, wanted = fitted(device, bgr, Size(*target), mode, mirrored, WHOLE)
    assert furthest(ours, wanted) <= 1


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("source", [Size(4, 9), Size(40, 9), Size(22, 13)], ids=str)
def test_what_lies_beside_the_picture_is_cleared(device: Device, source: Size, channels: int) -> None:
    size = Size(22, 13)
    plane = np.random.default_rng(2).integers(1, 256, (13, 22, channels), np.uint8)
    _, place = cpu.fit_boxes(source, size, "contain")
    out = device.given(plane)
    clear_beside(device, place, out, size, channels)
    for bar in cpu.beside(place, size):
        plane[bar] = 0
    np.testing.assert_array_equal(back(out, plane.shape), plane)


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_same_size_is_copied_byte_for_byte(device: Device, mirrored: bool) -> None:
    bgr, _ = scenery(13, 22)
    ours, wanted = fitted(device, bgr, Size(22, 13), "cover", mirrored, WHOLE)
    assert furthest(ours, wanted) == 0


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("view", [View(0.25, 0.5, 0.5), View(0.13, 0.21, 0.713)])
def test_views_of_a_smooth_picture(device: Device, mirrored: bool, view: View) -> None:
    # OpenCV rounds places to 1/32 of a pixel: a sharp edge would differ by more than a level, in its favour.
    y, x = np.mgrid[0:24, 0:40]
    bgr = np.stack([2 * x + 3 * y, 4 * x + y, 255 - 5 * y - x], axis=-1).astype(np.uint8)
    ours, wanted = fitted(device, bgr, Size(40, 24), "cover", mirrored, view)
    assert furthest(ours, wanted) <= 1
