"""The rim before another background: clean of the old one, lit by the new one, the inside untouched."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.composite import over_picture
from livecut.kernels.cpu.rim import Rim
from livecut.types import Size

Bytes = NDArray[np.uint8]
SIZES = [Size(1, 1), Size(9, 1), Size(1, 13), Size(37, 23), Size(128, 72), Size(211, 131)]
ROOM, PERSON = np.array([60.0, 200.0, 90.0]), np.array([150.0, 120.0, 220.0])


def scene(size: Size) -> tuple[Bytes, Bytes, Bytes]:
    """A disc of person with a soft rim in a room, both of one colour, and a random backdrop."""
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    far = np.hypot(x - size.width / 2, y - size.height / 2)
    share = np.clip((min(size) / 3 - far) / 5 + 0.5, 0, 1)
    alpha = np.rint(share * 255).astype(np.uint8)
    share = alpha[..., None] / 255
    bgr = np.rint(PERSON * share + ROOM * (1 - share)).astype(np.uint8)
    backdrop = np.random.default_rng(size.width).integers(0, 256, bgr.shape, np.uint8)
    return bgr, alpha, backdrop


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("decontaminate", [False, True])
def test_inside_and_outside_keep_every_byte(size: Size, decontaminate: bool) -> None:
    bgr, alpha, backdrop = scene(size)
    bgr = np.random.default_rng(1).integers(0, 256, bgr.shape, np.uint8)
    out = np.empty_like(bgr)
    rim = Rim(size, decontaminate=decontaminate, light_wrap=0.0)
    rim.light(backdrop)
    rim.over(bgr, alpha, backdrop, out)
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])
    assert np.array_equal(out[alpha == 0], backdrop[alpha == 0])


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_with_both_switched_off_it_is_plain_compositing(size: Size) -> None:
    bgr, alpha, backdrop = scene(size)
    out, plain = np.empty_like(bgr), np.empty_like(bgr)
    Rim(size, decontaminate=False, light_wrap=0.0).over(bgr, alpha, backdrop, out)
    over_picture(bgr, alpha, backdrop, plain)
    assert np.abs(out.astype(int) - plain).max() <= 1


def test_the_rim_shows_the_person_s_own_colour() -> None:
    size = Size(640, 360)
    bgr, alpha, backdrop = scene(size)
    backdrop[:] = 20
    out, plain = np.empty_like(bgr), np.empty_like(bgr)
    Rim(size, decontaminate=True, light_wrap=0.0).over(bgr, alpha, backdrop, out)
    over_picture(bgr, alpha, backdrop, plain)
    share = alpha[..., None] / 255
    ideal = PERSON * share + 20 * (1 - share)
    rim = (alpha > 20) & (alpha < 235)
    assert np.abs(plain - ideal)[rim].max() > 30
    assert np.abs(out - ideal)[rim].max() <= 8


def test_the_person_alone_leaves_nothing_of_the_room() -> None:
    size = Size(641, 361)
    bgr, alpha, _ = scene(size)
    out = np.full_like(bgr, 99)
    Rim(size, decontaminate=True, light_wrap=0.5).alone(bgr, alpha, out)
    assert (out[alpha == 0] == 0).all()
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])
    seen = alpha > 20
    assert np.abs(out[seen] - PERSON).max() <= 14


def test_light_brightens_the_rim_towards_a_bright_backdrop_and_not_the_middle() -> None:
    size = Size(320, 180)
    bgr, alpha, backdrop = scene(size)
    bright, dark = np.empty_like(bgr), np.empty_like(bgr)
    rim = Rim(size, decontaminate=False, light_wrap=0.4)
    for level, out in ((255, bright), (0, dark)):
        backdrop[:] = level
        rim.light(backdrop)
        rim.over(bgr, alpha, backdrop, out)
    inside = alpha == 255
    lift = bright.astype(int) - bgr
    edge = inside & (np.hypot(*(np.indices(alpha.shape) - np.array([90, 160]).reshape(2, 1, 1))) > 56)
    assert (lift[edge][:, 1] > 10).all()
    assert (lift[80:100, 150:170] == 0).all()
    assert np.array_equal(dark[inside], bgr[inside])


def test_light_falls_off_smoothly() -> None:
    size = Size(320, 180)
    bgr, alpha = np.full((180, 320, 3), 50, np.uint8), np.zeros((180, 320), np.uint8)
    alpha[:, 160:] = 255
    backdrop = np.full_like(bgr, 255)
    out = np.empty_like(bgr)
    rim = Rim(size, decontaminate=False, light_wrap=0.4)
    rim.light(backdrop)
    rim.over(bgr, alpha, backdrop, out)
    row = out[90, 160:, 0].astype(int)
    assert row[0] > 50 + 0.25 * 205
    assert (np.diff(row) <= 0).all() and (np.diff(row) >= -16).all()
    assert (row[40:] == 50).all()


@pytest.mark.parametrize("level", [0, 255])
def test_a_frame_of_one_kind_only_is_copied(level: int) -> None:
    size = Size(37, 23)
    bgr, alpha, backdrop = scene(size)
    alpha[:] = level
    out = np.empty_like(bgr)
    rim = Rim(size, decontaminate=True, light_wrap=0.3)
    rim.light(backdrop)
    rim.over(bgr, alpha, backdrop, out)
    assert np.array_equal(out, bgr if level else backdrop)


def test_what_does_not_fit_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"^light_wrap must be 0 … 1, not 2.0$"):
        Rim(Size(4, 3), decontaminate=True, light_wrap=2.0)
    rim = Rim(Size(4, 3), decontaminate=True, light_wrap=0.2)
    with pytest.raises(ValueError, match=r"^backdrop must be \(3, 4, 3\) uint8, not \(4, 4, 3\) uint8$"):
        rim.light(np.zeros((4, 4, 3), np.uint8))
