"""How long each kernel takes: `python -m pytest tests/perf -o addopts=--import-mode=importlib`.

Skipped in ordinary runs. There is no verdict here: what is slow on one machine at one moment is fast on another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.perf_frame import NETWORK, Given

from livecut.kernels.cpu import composite, sensor, yuv
from livecut.kernels.cpu.background_blur import BackgroundBlur, PrivacyBlur
from livecut.kernels.cpu.bokeh import LensBlur
from livecut.kernels.cpu.checks import all_finite
from livecut.kernels.cpu.depth_colours import DepthColours
from livecut.kernels.cpu.depth_stability import DepthStabiliser
from livecut.kernels.cpu.geometry import fit, mirror
from livecut.kernels.cpu.guided import BilinearUpsampler, GuidedUpsampler
from livecut.kernels.cpu.memory import AlphaMemory, remember
from livecut.kernels.cpu.motion_field import MotionField
from livecut.kernels.cpu.rim import Rim
from livecut.kernels.cpu.specks import SpeckFilter
from livecut.kernels.cpu.temporal import smooth_matte
from livecut.kernels.cpu.tensor import Shrink, activate, scale_depth, to_tensor
from livecut.settings.sections import BokehSettings, MatteSettings
from livecut.types import Motion, Size

pytestmark = pytest.mark.bench

Work = Callable[[], object]
GREEN = (64, 177, 0)
MATTE, BOKEH = MatteSettings(), BokehSettings()


def _fit(given: Given) -> Work:
    target = np.empty((given.size.height // 2, given.size.width // 2, 3), np.uint8)
    return lambda: fit(given.bgr, target)


def _shrink(given: Given) -> Work:
    shrink, out = Shrink(given.size, NETWORK), np.empty_like(given.small)
    return lambda: shrink(given.bgr, out)


def _to_tensor(given: Given) -> Work:
    out = np.empty((1, 3, NETWORK.height, NETWORK.width), np.float32)
    zero, one = np.zeros(3, np.float32), np.full(3, 255, np.float32)
    return lambda: to_tensor(given.small, out, mean=zero, std=one, rgb=True, nchw=True)


def _activate(given: Given) -> Work:
    raw = given.matte[np.newaxis]
    return lambda: activate(raw, 0, "sigmoid", given.plane_out)


def _scale_depth(given: Given) -> Work:
    raw = given.nearness[np.newaxis]
    return lambda: scale_depth(raw, 0, far=0.0, near=1.3, out=given.plane_out)


def _smooth(given: Given) -> Work:
    state = given.matte.copy()
    return lambda: smooth_matte(given.matte, MATTE.smooth, state)


def _moving(given: Given) -> Motion:
    # A pan of half a pixel of the network's, alike all over.
    dx = np.full_like(given.matte, 0.5)
    return Motion(dx, np.zeros_like(dx), np.ones_like(dx), 1, 0)


def _remember(given: Given) -> Work:
    motion, before = _moving(given), np.roll(given.matte, 1, axis=1)
    return lambda: remember(given.matte, before, motion, MATTE.smooth, given.plane_out)


def _alpha_memory(given: Given) -> Work:
    memory, motion, held = (
        AlphaMemory(given.size, NETWORK, MATTE.smooth),
        _moving(given),
        np.roll(given.alpha, 2, axis=1),
    )
    return lambda: memory(given.alpha, held, motion, given.alpha_out)


def _motion_field(given: Given) -> Work:
    field, moved = MotionField(NETWORK), np.ascontiguousarray(np.roll(given.small, 1, axis=1))

    def two_pictures() -> None:
        field(given.small)
        field(moved)

    return two_pictures


def _specks(given: Given) -> Work:
    specks, plane = SpeckFilter(NETWORK), given.matte.copy()
    return lambda: specks(plane, MATTE.specks)


def _guided(given: Given) -> Work:
    curve = {"low": MATTE.curve_low, "high": MATTE.curve_high}
    enlarge = GuidedUpsampler(given.size, NETWORK, radius=MATTE.guide_radius, epsilon=MATTE.guide_epsilon, **curve)
    return lambda: enlarge(given.bgr, given.matte, given.alpha_out, given.small)


def _bilinear(given: Given) -> Work:
    enlarge = BilinearUpsampler(given.size, NETWORK, low=MATTE.curve_low, high=MATTE.curve_high)
    return lambda: enlarge(given.bgr, given.matte, given.alpha_out)


def _stabilise(given: Given) -> Work:
    stabilise = DepthStabiliser(0.9, 0.25)
    return lambda: stabilise(given.nearness)


def _blur(given: Given) -> Work:
    blur = BackgroundBlur(given.size, 24.0)
    return lambda: blur(given.bgr, given.alpha, given.out)


def _privacy_blur(given: Given) -> Work:
    blur = PrivacyBlur(given.size)
    return lambda: blur(given.bgr, given.out)


def _lens(given: Given) -> Work:
    blur = LensBlur(
        given.size,
        focus="person",
        point=(0.5, 0.4),
        distance=BOKEH.focus_distance,
        aperture=BOKEH.aperture,
        max_radius_px=BOKEH.max_radius_px,
        depth_of_field=BOKEH.depth_of_field,
        highlights=BOKEH.highlights,
        least_blur=BOKEH.least_blur,
    )
    return lambda: blur(given.bgr, given.alpha, given.nearness, given.out)


def _rim_light(given: Given) -> Work:
    rim = Rim(given.size, decontaminate=True, light_wrap=MATTE.light_wrap)
    return lambda: rim.light(given.backdrop)


def _rim_over(given: Given) -> Work:
    rim = Rim(given.size, decontaminate=True, light_wrap=MATTE.light_wrap)
    rim.light(given.backdrop)
    return lambda: rim.over(given.bgr, given.alpha, given.backdrop, given.out)


def _depth_colours(given: Given) -> Work:
    colours = DepthColours(given.size, colour_map="turbo", legend=True)
    return lambda: colours(given.nearness, None, given.out)


def _warp(given: Given) -> Work:
    turn = np.array([[0.99, -0.02, 4.0], [0.02, 0.99, -3.0]])
    return lambda: sensor.warp(given.bgr, turn, given.out)


def _expose(given: Given) -> Work:
    noise = sensor.noise_strip(12 * given.size.width, 2.2, seed=1)
    return lambda: sensor.expose(given.bgr, 1.05, noise, 7, given.out)


def _planar(convert: Callable[..., None]) -> Callable[[Given], Work]:
    def made(given: Given) -> Work:
        out = np.empty(yuv.yuv420_bytes(given.size), np.uint8)
        return lambda: convert(given.bgr, out)

    return made


KERNELS: dict[str, Callable[[Given], Work]] = {
    "fit to half": _fit,
    "fit, same size": lambda given: lambda: fit(given.bgr, given.out),
    "mirror": lambda given: lambda: mirror(given.bgr, given.out),
    "Shrink": _shrink,
    "to_tensor": _to_tensor,
    "activate": _activate,
    "scale_depth": _scale_depth,
    "smooth_matte": _smooth,
    "SpeckFilter": _specks,
    "GuidedUpsampler": _guided,
    "BilinearUpsampler": _bilinear,
    "remember": _remember,
    "AlphaMemory": _alpha_memory,
    "MotionField (two)": _motion_field,
    "DepthStabiliser": _stabilise,
    "all_finite": lambda given: lambda: all_finite(given.matte),
    "BackgroundBlur": _blur,
    "PrivacyBlur": _privacy_blur,
    "LensBlur": _lens,
    "Rim.light": _rim_light,
    "Rim.over": _rim_over,
    "DepthColours": _depth_colours,
    "over_colour": lambda given: lambda: composite.over_colour(given.bgr, given.alpha, GREEN, given.out),
    "over_picture": lambda given: lambda: composite.over_picture(given.bgr, given.alpha, given.backdrop, given.out),
    "premultiply": lambda given: lambda: composite.premultiply(given.bgr, given.alpha, given.out),
    "tint": lambda given: lambda: composite.tint(given.bgr, given.alpha, GREEN, 0.6, given.out),
    "grey": lambda given: lambda: composite.grey(given.alpha, given.out),
    "fill": lambda given: lambda: composite.fill(given.out, GREEN),
    "join": lambda given: lambda: composite.join(given.bgr, given.backdrop, 500, given.out),
    "bgr_to_i420": _planar(yuv.bgr_to_i420),
    "bgr_to_nv12": _planar(yuv.bgr_to_nv12),
    "sensor.warp": _warp,
    "sensor.expose": _expose,
}


@pytest.mark.parametrize("name", KERNELS)
def test_kernel(name: str, given: Given, benchmark: Any) -> None:
    benchmark.group = str(given.size)
    work = KERNELS[name](given)
    work()  # compiles
    benchmark.pedantic(work, rounds=30, warmup_rounds=2)
    assert Size(given.out.shape[1], given.out.shape[0]) == given.size
