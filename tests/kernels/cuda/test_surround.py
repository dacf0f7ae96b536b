"""What is laid into the whole picture on the device is what the CPU lays there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from support.device import back, furthest, poisoned, scenery

from livecut.kernels.cpu import surround as cpu
from livecut.kernels.cpu.geometry import fit_boxes
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.memory import Refit
from livecut.kernels.cuda.surround import lay
from livecut.types import Size

SIZE = Size(22, 13)
SOURCES = [Size(4, 9), Size(40, 9), Size(22, 13), Size(1, 50)]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_beside_its_place_the_picture_is_mirrored(device: Device, source: Size, channels: int) -> None:
    _, place = fit_boxes(source, SIZE, "contain")
    inner = np.ascontiguousarray(scenery(place.height, place.width)[0][..., :channels])
    out = poisoned(device, SIZE.width * SIZE.height * channels)
    lay(device, device.given(inner), place, out, SIZE, channels)
    below, right = SIZE.height - place.y - place.height, SIZE.width - place.x - place.width
    wanted = cv2.copyMakeBorder(inner, place.y, below, place.x, right, cv2.BORDER_REFLECT_101)
    np.testing.assert_array_equal(back(out, (*wanted.shape[:2], channels)), wanted.reshape(*wanted.shape[:2], channels))


@pytest.mark.parametrize("inner", [Size(9, 7), Size(1, 1), Size(12, 2)], ids=str)
@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_planes_are_laid_on_the_grid_of_the_whole(device: Device, source: Size, inner: Size) -> None:
    _, place = fit_boxes(source, SIZE, "contain")
    plane = np.random.default_rng(5).random((inner.height, inner.width), np.float32)
    grid = cpu.surrounding(inner, place, SIZE)
    wanted = np.empty((grid.height, grid.width), np.float32)
    cpu.surround(plane, place, SIZE, wanted)
    out = device.zeros(grid.width * grid.height)
    Refit(device, inner, grid, *cpu.taps_around(inner, place, SIZE))(device.given(plane), out)
    assert furthest(back(out, wanted.shape), wanted) < 1e-4
