from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.still import cut_out, on_white, person_boxes, person_depth, soft_shadow

SIZES = [(1, 1), (1, 7), (9, 1), (5, 6), (33, 17), (300, 40)]


def noise(shape: tuple[int, ...], seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def slow(
    bgr: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    shadow: NDArray[np.uint8] | None,
    background: NDArray[np.uint8] | None,
    background_alpha: NDArray[np.uint8] | None,
) -> NDArray[np.float64]:
    """Porter and Duff's over, one pixel at a time, premultiplied."""
    height, width = alpha.shape
    out = np.zeros((height, width, 4))
    for y in range(height):
        for x in range(width):
            layers = []
            if background is not None:
                v, u = y - (height - background.shape[0]) // 2, x - (width - background.shape[1]) // 2
                if 0 <= v < background.shape[0] and 0 <= u < background.shape[1]:
                    a = 1.0 if background_alpha is None else background_alpha[v, u] / 255
                    layers.append((background[v, u].astype(float), a))
            if shadow is not None:
                layers.append((np.zeros(3), shadow[y, x] / 255))
            layers.append((bgr[y, x].astype(float), alpha[y, x] / 255))
            colour, cover = np.zeros(3), 0.0
            for top, a in layers:
                colour, cover = top * a + colour * (1 - a), a + cover * (1 - a)
            out[y, x, 3] = cover * 255
            if cover > 0:
                out[y, x, :3] = colour / cover
    return out


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("with_shadow", [False, True])
@pytest.mark.parametrize("below", [None, (1, 1), (4, 5), (33, 17), (40, 60)])
@pytest.mark.parametrize("clear", [False, True])
def test_cut_out_is_what_compositing_says(
    size: tuple[int, int], with_shadow: bool, below: tuple[int, int] | None, clear: bool
) -> None:
    bgr, alpha = noise((*size, 3), 1), noise(size, 2)
    alpha[alpha > 200] = 255
    alpha[alpha < 40] = 0
    shadow = noise(size, 3) if with_shadow else None
    background = None if below is None else noise((*below, 3), 4)
    background_alpha = noise(below, 5) if below is not None and clear else None
    out = cut_out(bgr, alpha, shadow=shadow, background=background, background_alpha=background_alpha)
    expected = slow(bgr, alpha, shadow, background, background_alpha)
    assert out.shape == (*size, 4)
    np.testing.assert_allclose(out[..., 3], expected[..., 3], atol=0.51)
    seen = out[..., 3] > 0
    np.testing.assert_allclose(out[seen][:, :3], expected[seen][:, :3], atol=0.51)
    np.testing.assert_array_equal(out[alpha == 255][:, :3], bgr[alpha == 255])
    assert not out[~seen].any()


def test_a_plain_cut_out_keeps_every_colour_that_is_seen() -> None:
    bgr, alpha = noise((20, 30, 3), 1), noise((20, 30), 2)
    out = cut_out(bgr, alpha)
    np.testing.assert_array_equal(out[..., 3], alpha)
    np.testing.assert_array_equal(out[alpha > 0][:, :3], bgr[alpha > 0])


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="the picture is"):
        cut_out(noise((4, 4, 3), 1), noise((4, 5), 1))
    with pytest.raises(ValueError, match="nearness is"):
        person_depth(noise((4, 4), 1), noise((4, 5), 1))


def test_each_separate_person_has_a_box_the_largest_first() -> None:
    alpha = np.zeros((100, 200), np.uint8)
    alpha[10:90, 20:60] = 255
    alpha[50:80, 100:120] = 128
    alpha[0:2, 190:192] = 255  # a speck
    alpha[60:70, 150:160] = 127  # not sure enough
    assert person_boxes(alpha) == [(0.1, 0.1, 0.2, 0.8), (0.5, 0.5, 0.1, 0.3)]


@pytest.mark.parametrize("size", SIZES)
def test_boxes_of_all_and_of_nothing(size: tuple[int, int]) -> None:
    assert person_boxes(np.full(size, 255, np.uint8)) == [(0.0, 0.0, 1.0, 1.0)]
    assert person_boxes(np.zeros(size, np.uint8)) == []


def test_noise_is_no_crowd_without_end() -> None:
    alpha = np.zeros((201, 201), np.uint8)
    alpha[::2, ::2] = 255  # some 10,000 areas of one pixel, and one that is larger
    alpha[200, 198:] = 255
    boxes = person_boxes(alpha)
    assert len(boxes) == 1000
    assert boxes[0] == (198 / 201, 200 / 201, 3 / 201, 1 / 201)


def test_corners_that_touch_are_one_person() -> None:
    assert len(person_boxes(np.eye(9, dtype=np.uint8) * 255)) == 1


def test_depth_is_white_at_the_nearest_and_nothing_outside_people() -> None:
    nearness = np.tile(np.arange(100, 200, dtype=np.uint8), (50, 1))
    alpha = np.zeros((50, 100), np.uint8)
    alpha[:, 20:80] = 255
    depth = person_depth(nearness, alpha)
    assert not depth[:, :20].any()
    assert not depth[:, 80:].any()
    assert depth[0, 79] == 255
    assert depth[0, 20] == 1
    assert (np.diff(depth[0, 20:80].astype(int)) >= 0).all()


@pytest.mark.parametrize("size", SIZES)
def test_depth_of_nobody_and_of_a_flat_person(size: tuple[int, int]) -> None:
    assert not person_depth(noise(size, 1), np.zeros(size, np.uint8)).any()
    assert (person_depth(np.full(size, 7, np.uint8), np.full(size, 255, np.uint8)) == 255).all()


def test_depth_fades_with_the_person() -> None:
    alpha = np.array([[255, 128, 64, 0]], np.uint8)
    assert person_depth(np.full((1, 4), 9, np.uint8), alpha).tolist() == [[255, 128, 64, 0]]


@pytest.mark.parametrize("size", SIZES)
def test_a_shadow_lies_to_the_lower_right_and_is_soft(size: tuple[int, int]) -> None:
    assert not soft_shadow(np.zeros(size, np.uint8)).any()
    assert soft_shadow(np.full(size, 255, np.uint8)).max() <= 115
    person = np.zeros((400, 400), np.uint8)
    person[100:300, 100:300] = 255
    shadow = soft_shadow(person)
    rows, columns = np.nonzero(shadow > 50)
    assert rows.mean() > 202
    assert columns.mean() > 202
    assert len(np.unique(shadow)) > 20


@pytest.mark.parametrize("shape", SIZES)
def test_on_white_is_what_is_seen_of_it_on_paper(shape: tuple[int, int]) -> None:
    bgr, alpha = noise((*shape, 3), 1), noise(shape, 2)
    share = alpha[..., None] / 255.0
    np.testing.assert_allclose(on_white(bgr, alpha), bgr * share + 255.0 * (1.0 - share), atol=0.51)
    np.testing.assert_array_equal(on_white(bgr, np.full_like(alpha, 255)), bgr)
