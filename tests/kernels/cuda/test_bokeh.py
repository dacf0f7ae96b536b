"""The lens on the device shows what the CPU's shows, frame after frame."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from support.device import back, furthest, poisoned, scenery, soft_planes

from livecut.kernels.cpu import bokeh as cpu
from livecut.kernels.cuda.bokeh import LensBlur
from livecut.kernels.cuda.device import Device
from livecut.types import Size

LENS: dict[str, Any] = {
    "focus": "person",
    "point": (0.2, 0.3),
    "distance": 0.4,
    "aperture": 3.0,
    "max_radius_px": 90.0,
    "depth_of_field": 0.08,
    "highlights": 0.5,
    "least_blur": 0.5,
}


def run(device: Device, size: Size, plane_size: Size, frames: int = 2, **changes: Any) -> None:
    theirs = cpu.LensBlur(size, **{**LENS, **changes})
    ours = LensBlur(device, size, plane_size, **{**LENS, **changes})
    for number in range(frames):
        bgr, alpha = scenery(size.height, size.width, number)
        _, nearness = soft_planes(plane_size.height, plane_size.width, number)
        wanted = np.empty_like(bgr)
        theirs(bgr, alpha, nearness, wanted, 0.04)
        out = poisoned(device, bgr.size)
        ours(device.given(bgr), device.given(alpha), device.given(nearness), out, 0.04)
        assert furthest(back(out, bgr.shape), wanted) <= 1, number


@pytest.mark.parametrize("size", [Size(30, 18), Size(9, 1), Size(1, 7), Size(1, 1)])
def test_focus_on_the_person(device: Device, size: Size) -> None:
    run(device, size, Size(16, 9))


ROUNDED = pytest.mark.skipif(
    int(cv2.__version__.partition(".")[0]) < 5,
    reason="OpenCV 4 rounds to 1/32 of a pixel where it enlarges depth, and a pixel comes into another layer",
)


@pytest.mark.parametrize("focus", ["point", pytest.param("distance", marks=ROUNDED), "follow"])
def test_focus_elsewhere(device: Device, focus: str) -> None:
    run(device, Size(22, 14), Size(9, 5), focus=focus)


@pytest.mark.parametrize("distance", [0.0, pytest.param(1.0, marks=ROUNDED)])
def test_everything_before_or_behind_the_focus(device: Device, distance: float) -> None:
    run(device, Size(21, 14), Size(9, 5), 1, focus="distance", distance=distance)


def test_blades_and_drafts(device: Device) -> None:
    run(device, Size(26, 16), Size(9, 5), 1, blades=5, blades_turned_deg=20.0, draft=True, focus="point")


def test_nobody_to_focus_on(device: Device) -> None:
    size, plane_size = Size(24, 16), Size(8, 6)
    theirs, ours = cpu.LensBlur(size, **LENS), LensBlur(device, size, plane_size, **LENS)
    bgr, alpha = scenery(16, 24)
    _, nearness = soft_planes(6, 8)
    wanted, out = np.empty_like(bgr), poisoned(device, bgr.size)
    theirs(bgr, np.zeros_like(alpha), nearness, wanted, 0.04)
    ours(device.given(bgr), device.given(np.zeros_like(alpha)), device.given(nearness), out, 0.04)
    assert furthest(back(out, bgr.shape), wanted) <= 1


def test_the_person_keeps_her_bytes(device: Device) -> None:
    bgr, alpha = scenery(18, 30)
    _, nearness = soft_planes(9, 16)
    out = poisoned(device, bgr.size)
    options = {**LENS, "depth_of_field": 1.0}
    LensBlur(device, Size(30, 18), Size(16, 9), **options)(
        device.given(bgr), device.given(alpha), device.given(nearness), out
    )
    assert (back(out, bgr.shape)[alpha == 255] == bgr[alpha == 255]).all()
