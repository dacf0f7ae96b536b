"""Pictures become tensors, and answers become planes, as slow numpy has it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livecut.kernels.cpu.tensor import (
    Activation,
    Shrink,
    activate,
    copy_plane,
    empty_plane,
    mirror_edges,
    scale_depth,
    to_tensor,
)
from livecut.types import Pixels, Plane, Size


def _picture(width: int, height: int, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def _gradient(width: int, height: int) -> Pixels:
    y, x = np.mgrid[0:height, 0:width]
    planes = [255 * (x + 0.5) / width, 255 * (y + 0.5) / height, 127 * ((x + 0.5) / width + (y + 0.5) / height)]
    return np.dstack(planes).round().astype(np.uint8)


def _shares(source: int, target: int) -> Plane:
    """Share of each source pixel (columns) in each target pixel (rows)."""
    edges = np.arange(target + 1) * source / target
    shares = np.zeros((target, source))
    for pixel in range(source):
        shares[:, pixel] = np.minimum(edges[1:], pixel + 1) - np.maximum(edges[:-1], pixel)
    shares = shares.clip(0) * target / source
    return shares.astype(np.float32)


@pytest.mark.parametrize("source", [(24, 16), (25, 17), (47, 31), (97, 65), (24, 99), (479, 853), (321, 16)])
def test_an_odd_picture_is_averaged_over_what_each_pixel_covers(source: tuple[int, int]) -> None:
    width, height = source
    picture = _picture(width, height)
    out = np.empty((16, 24, 3), np.uint8)
    Shrink(Size(width, height), Size(24, 16))(picture, out)
    rows, columns = _shares(height, 16), _shares(width, 24)
    expected = np.einsum("yr,rsc,xs->yxc", rows, picture.astype(np.float64), columns)
    assert np.abs(out - expected).max() <= 0.51


@pytest.mark.parametrize("source", [(640, 360), (1280, 720), (1920, 1080), (854, 480), (1024, 768), (289, 161)])
def test_a_camera_picture_is_averaged_over_what_each_pixel_of_the_network_covers(source: tuple[int, int]) -> None:
    width, height = source
    picture = _picture(width, height)
    out = np.empty((160, 288, 3), np.uint8)
    Shrink(Size(width, height), Size(288, 160))(picture, out)
    tall = (_shares(height, 160).astype(np.float64) @ picture.reshape(height, -1)).reshape(160, width, 3)
    expected = np.einsum("yrc,xr->yxc", tall, _shares(width, 288).astype(np.float64), optimize=True)
    assert np.abs(out - expected).max() <= 0.52


@pytest.mark.parametrize("source", [(1, 1), (3, 2), (48, 32), (97, 65), (640, 480), (479, 853), (1280, 720)])
def test_a_gradient_stays_the_same_gradient(source: tuple[int, int]) -> None:
    out = np.empty((16, 24, 3), np.uint8)
    Shrink(Size(*source), Size(24, 16))(_gradient(*source), out)
    # Enlarged, a gradient is flat within half a pixel of its border.
    slack = 2 + (128 / min(source) if source[0] < 24 else 0)
    assert np.abs(out.astype(int) - _gradient(24, 16)).max() <= slack


@pytest.mark.parametrize("source", [(48, 32), (96, 64), (25, 17), (24, 16), (5, 5)])
@pytest.mark.parametrize("value", [0, 1, 254, 255])
def test_a_flat_picture_stays_flat(source: tuple[int, int], value: int) -> None:
    width, height = source
    out = np.empty((16, 24, 3), np.uint8)
    Shrink(Size(width, height), Size(24, 16))(np.full((height, width, 3), value, np.uint8), out)
    assert (out == value).all()


def test_exact_halves_are_means_of_their_pixels() -> None:
    picture = _picture(48, 32)
    out = np.empty((16, 24, 3), np.uint8)
    Shrink(Size(48, 32), Size(24, 16))(picture, out)
    means = picture.reshape(16, 2, 24, 2, 3).mean(axis=(1, 3))
    assert np.abs(out - means).max() <= 0.5


@pytest.mark.parametrize("source", [(1280, 720), (1920, 1080), (854, 481), (5000, 40)])
def test_stripes_finer_than_a_pixel_become_their_mean(source: tuple[int, int]) -> None:
    width, height = source
    stripes = np.zeros((height, width, 3), np.uint8)
    stripes[:, ::2] = 200
    out = np.empty((16, 24, 3), np.uint8)
    Shrink(Size(width, height), Size(24, 16))(stripes, out)
    assert np.abs(out.astype(int) - 100).max() <= 12


def test_it_paints_into_a_part_of_wider_rows() -> None:
    whole = np.full((20, 40, 3), 7, np.uint8)
    apart = np.empty((16, 24, 3), np.uint8)
    shrink = Shrink(Size(100, 70), Size(24, 16))
    shrink(_picture(100, 70), whole[2:18, 5:29])
    shrink(_picture(100, 70), apart)
    assert np.array_equal(whole[2:18, 5:29], apart)
    whole[2:18, 5:29] = 7
    assert (whole == 7).all()


def test_the_picture_is_left_alone() -> None:
    picture = _picture(100, 70)
    picture.flags.writeable = False
    Shrink(Size(100, 70), Size(24, 16))(picture, np.empty((16, 24, 3), np.uint8))
    assert np.array_equal(picture, _picture(100, 70))


def test_other_sizes_than_it_was_made_for_are_refused() -> None:
    shrink = Shrink(Size(10, 10), Size(4, 4))
    with pytest.raises(ValueError, match=r"^picture must be uint8 \(10, 10, 3\), not \(10, 11, 3\)$"):
        shrink(_picture(11, 10), np.empty((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match=r"^out must be uint8 \(4, 4, 3\), not \(4, 5, 3\)$"):
        shrink(_picture(10, 10), np.empty((4, 5, 3), np.uint8))
    with pytest.raises(ValueError, match=r"^rows of out must lie in one piece each"):
        shrink(_picture(10, 10), np.empty((4, 4, 4), np.uint8)[:, :, :3])
    with pytest.raises(ValueError, match=r"^cannot resize 0x3 to 4x4$"):
        Shrink(Size(0, 3), Size(4, 4))


@settings(deadline=None)  # the first example compiles
@given(
    width=st.integers(1, 9), height=st.integers(1, 9), margins=st.tuples(*[st.integers(0, 20)] * 4), seed=st.integers(0)
)
def test_edges_are_mirrored_as_numpy_mirrors_them(
    width: int, height: int, margins: tuple[int, int, int, int], seed: int
) -> None:
    left, right, top, bottom = margins
    part = _picture(width, height, seed)
    image = np.zeros((top + height + bottom, left + width + right, 3), np.uint8)
    image[top : top + height, left : left + width] = part
    mirror_edges(image, left, top, width, height)
    assert np.array_equal(image, np.pad(part, ((top, bottom), (left, right), (0, 0)), mode="reflect"))


@pytest.mark.parametrize("box", [(-1, 0, 2, 2), (0, -1, 2, 2), (0, 0, 0, 2), (3, 0, 2, 2), (0, 3, 2, 2)])
def test_a_part_outside_the_picture_is_refused(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="in an image of shape"):
        mirror_edges(_picture(4, 4), *box)


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (17, 1), (24, 16)])
@pytest.mark.parametrize("rgb", [False, True])
@pytest.mark.parametrize("nchw", [False, True])
def test_tensors_are_normalised_in_the_networks_order(size: tuple[int, int], rgb: bool, nchw: bool) -> None:
    picture = _picture(*size)
    mean = np.array([1.0, 20.0, 127.5], np.float32)
    std = np.array([255.0, 2.0, 127.5], np.float32)
    expected = ((picture[:, :, ::-1] if rgb else picture).astype(np.float64) - mean) / std
    expected = expected.transpose(2, 0, 1)[None] if nchw else expected[None]
    out = np.empty(expected.shape, np.float32)
    to_tensor(picture, out, mean=mean, std=std, rgb=rgb, nchw=nchw)
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)


def test_a_tensor_of_another_shape_is_refused() -> None:
    ones = np.ones(3, np.float32)
    with pytest.raises(ValueError, match=r"^out must be float32 \(1, 3, 2, 4\), not float32 \(1, 2, 4, 3\)$"):
        to_tensor(_picture(4, 2), np.empty((1, 2, 4, 3), np.float32), mean=ones, std=ones, rgb=True, nchw=True)


def _expected_alpha(raw: Plane, channel: int, activation: Activation) -> NDArray[np.float64]:
    wide = raw.astype(np.float64)
    expected: NDArray[np.float64] = np.clip(wide[channel], 0, 1)
    if activation == "sigmoid":
        expected = 1 / (1 + np.exp(-wide[channel]))
    elif activation == "softmax":
        powers = np.exp(wide - wide.max(axis=0))
        expected = powers[channel] / powers.sum(axis=0)
    return expected


@pytest.mark.parametrize("activation", ["none", "sigmoid", "softmax"])
@pytest.mark.parametrize("channel", [0, 1])
@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (33, 1)])
def test_alpha_is_what_the_activation_makes(
    activation: Activation, channel: int, last: bool, size: tuple[int, int]
) -> None:
    width, height = size
    raw = np.random.default_rng(2).normal(0, 20, (2, height, width)).astype(np.float32)
    out = np.empty((height, width), np.float32)
    view = np.ascontiguousarray(raw.transpose(1, 2, 0)).transpose(2, 0, 1) if last else raw
    activate(view, channel, activation, out)
    np.testing.assert_allclose(out, _expected_alpha(raw, channel, activation), rtol=1e-4, atol=1e-6)
    assert out.min() >= 0.0
    assert out.max() <= 1.0


@pytest.mark.parametrize("activation", ["none", "sigmoid", "softmax"])
def test_nan_stays_nan_and_infinity_is_no_person_or_all_of_it(activation: Activation) -> None:
    raw = np.zeros((2, 1, 5), np.float32)
    raw[1] = [np.nan, np.inf, -np.inf, 1e30, -1e30]
    out = np.zeros((1, 5), np.float32)
    activate(raw, 1, activation, out)
    assert np.isnan(out[0, 0])
    assert out[0, 1:].tolist() == [1.0, 0.0, 1.0, 0.0]


def test_nearness_runs_from_far_to_near() -> None:
    raw = np.array([[[-1.0, 0.5, 1.5, 2.5, 9.0, np.nan]]], np.float32)
    out = np.empty((1, 6), np.float32)
    scale_depth(raw, 0, far=0.5, near=2.5, out=out)
    assert out[0, :5].tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert np.isnan(out[0, 5])


def test_a_network_that_answers_distance_is_turned_round() -> None:
    raw = np.array([[[1.0, 2.0, 5.0]]], np.float32)
    out = np.empty((1, 3), np.float32)
    scale_depth(raw, 0, far=5.0, near=1.0, out=out)
    assert out[0].tolist() == [1.0, 0.75, 0.0]


def test_planes_of_another_shape_and_missing_channels_are_refused() -> None:
    raw = np.zeros((2, 3, 4), np.float32)
    with pytest.raises(ValueError, match=r"^planes must be float32 \(3, 4\), not float32 \(4, 3\)$"):
        activate(raw, 0, "none", np.empty((4, 3), np.float32))
    with pytest.raises(ValueError, match=r"^no channel 2 in an answer of shape \(2, 3, 4\)$"):
        scale_depth(raw, 2, far=0.0, near=1.0, out=np.empty((3, 4), np.float32))


def test_a_part_of_a_plane_is_copied() -> None:
    plane = np.arange(20, dtype=np.float32).reshape(4, 5)
    out = empty_plane(Size(2, 3))
    copy_plane(plane, 3, 1, out)
    assert np.array_equal(out, plane[1:4, 3:5])
    assert out.flags.c_contiguous
