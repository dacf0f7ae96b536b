"""Motion and likeness of pictures: what moved is found, what is new is unlike, a cut and a jump of light end it all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livecut.kernels.cpu.motion_field import MotionField
from livecut.types import Pixels, Size

SIZE = Size(128, 80)


def texture(seed: int = 3) -> Pixels:
    """Soft spots all over."""
    noise = np.random.default_rng(seed).integers(0, 256, (SIZE.height + 20, SIZE.width + 20, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 3).astype(np.float32)
    return np.clip((soft - 128) * 4 + 128, 0, 255).astype(np.uint8)


def part(big: Pixels, right: int = 0, down: int = 0) -> Pixels:
    return np.ascontiguousarray(big[down : down + SIZE.height, right : right + SIZE.width])


def test_the_first_picture_came_from_nowhere() -> None:
    field = MotionField(SIZE)
    assert not field(part(texture()))
    assert field(part(texture()))
    field.forget()
    assert not field(part(texture()))


def test_the_same_picture_has_not_moved() -> None:
    field = MotionField(SIZE)
    field(part(texture()))
    assert field(part(texture()))
    assert (field.same == 1).all() and not field.dx.any() and not field.dy.any()


@pytest.mark.parametrize(("right", "down"), [(3, 0), (0, 2), (4, 5)])
def test_a_pan_is_followed(right: int, down: int) -> None:
    field = MotionField(SIZE)
    field(part(texture()))
    assert field(part(texture(), right, down))
    inner = (slice(10, -10), slice(10, -10))
    assert np.abs(field.dx[inner] - right).mean() < 0.1
    assert np.abs(field.dy[inner] - down).mean() < 0.1
    assert field.same[inner].mean() > 0.98


def test_what_appears_is_like_nothing_before() -> None:
    field = MotionField(SIZE)
    field(part(texture()))
    changed = part(texture())
    changed[30:60, 50:90] = (250, 20, 250)
    assert field(changed)
    assert field.same[34:56, 54:86].max() < 0.3
    assert field.same[:, :40].min() > 0.9


def test_sensor_noise_is_no_change() -> None:
    """A deviation of 8 in a 720p picture is about 2 on the network's grid."""
    field, rng = MotionField(SIZE), np.random.default_rng(5)
    for _ in range(2):
        noisy = np.clip(part(texture()) + rng.normal(0, 2, (80, 128, 3)), 0, 255).astype(np.uint8)
        field(noisy)
    assert field.same.mean() > 0.97


def test_a_cut_ends_it() -> None:
    field = MotionField(SIZE)
    field(part(texture()))
    assert not field(part(texture(9)))


def test_a_jump_of_the_exposure_ends_it_and_a_drift_does_not() -> None:
    field, scene = MotionField(SIZE), part(texture()) // 2 + 40
    field(scene)
    assert field(scene + np.uint8(4))
    assert not field(scene + np.uint8(44))


@pytest.mark.parametrize("size", [Size(1, 1), Size(3, 2), Size(17, 1), Size(47, 47), Size(48, 48), Size(61, 53)])
def test_sizes_that_are_awkward(size: Size) -> None:
    field = MotionField(size)
    bgr = np.random.default_rng(1).integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
    assert not field(bgr)
    assert field(bgr)
    assert field.same.shape == (size.height, size.width)
    assert (field.same == 1).all()


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="bgr must be"):
        MotionField(SIZE)(np.zeros((9, 9, 3), np.uint8))
