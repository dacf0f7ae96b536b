"""I420 and NV12 against a slow oracle, byte for byte."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu.yuv import Matrix, bgr_to_i420, bgr_to_nv12, yuv420_bytes
from livecut.kernels.cpu.yuv_plain import plain_yuv420
from livecut.types import Size

SIZES = [Size(1, 1), Size(2, 2), Size(7, 1), Size(1, 6), Size(5, 3), Size(34, 19), Size(64, 16), Size(127, 33)]


def oracle(bgr: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Y, U and V by the definition, pixel by pixel."""
    h, w, _ = bgr.shape
    y = np.zeros((h, w), np.uint8)
    for j, i in itertools.product(range(h), range(w)):
        b, g, r = (int(v) for v in bgr[j, i])
        y[j, i] = 16 + (6416 * b + 33039 * g + 16829 * r + 32768) // 65536
    ch, cw = (h + 1) // 2, (w + 1) // 2
    u, v = np.zeros((ch, cw), np.uint8), np.zeros((ch, cw), np.uint8)
    for j, i in itertools.product(range(ch), range(cw)):
        square = [bgr[min(2 * j + dj, h - 1), min(2 * i + di, w - 1)].astype(int) for dj in (0, 1) for di in (0, 1)]
        b, g, r = (int(part) for part in sum(square[1:], square[0]))
        u[j, i] = 128 + (28784 * b - 19071 * g - 9713 * r + 131072) // 262144
        v[j, i] = 128 + (-4681 * b - 24103 * g + 28784 * r + 131072) // 262144
    return y, u, v


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_video_files_matrix_within_half_a_level_of_bt709(size: Size) -> None:
    bgr = np.random.default_rng(size.height).integers(0, 256, (size.height, size.width, 3), np.uint8)
    out = np.empty(yuv420_bytes(size), np.uint8)
    bgr_to_i420(bgr, out, matrix="bt709")
    even = np.pad(bgr / 255, ((0, size.height % 2), (0, size.width % 2), (0, 0)), mode="edge")
    squares = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    luma = [part @ (0.0722, 0.7152, 0.2126) for part in (bgr / 255, squares)]
    exact = (
        16 + 219 * luma[0],
        128 + 112 * (squares[..., 0] - luma[1]) / (1 - 0.0722),
        128 + 112 * (squares[..., 2] - luma[1]) / (1 - 0.2126),
    )
    assert np.abs(out - np.concatenate([plane.ravel() for plane in exact])).max() <= 0.51


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_i420_and_nv12_equal_the_oracle(size: Size) -> None:
    bgr = np.random.default_rng(size.width).integers(0, 256, (size.height, size.width, 3), np.uint8)
    y, u, v = oracle(bgr)
    out = np.empty(yuv420_bytes(size), np.uint8)
    bgr_to_i420(bgr, out)
    assert np.array_equal(out, np.concatenate([y.ravel(), u.ravel(), v.ravel()]))
    bgr_to_nv12(bgr, out)
    assert np.array_equal(out, np.concatenate([y.ravel(), np.dstack([u, v]).ravel()]))


def test_the_corners_of_the_colour_cube_stay_within_half_a_level_of_bt601() -> None:
    for bgr in itertools.product((0, 255), repeat=3):
        out = np.empty(yuv420_bytes(Size(2, 2)), np.uint8)
        bgr_to_i420(np.full((2, 2, 3), bgr, np.uint8), out)
        b, g, r = (part / 255 for part in bgr)
        luma = 0.299 * r + 0.587 * g + 0.114 * b
        exact = (16 + 219 * luma, 128 + 112 * (b - luma) / 0.886, 128 + 112 * (r - luma) / 0.701)
        assert np.abs(out[[0, 4, 5]] - np.array(exact)).max() <= 0.51


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_every_grey_has_neutral_chroma(matrix: Matrix) -> None:
    for level in range(256):
        out = np.empty(6, np.uint8)
        bgr_to_i420(np.full((2, 2, 3), level, np.uint8), out, matrix=matrix)
        assert out[4:].tolist() == [128, 128]
        assert out[0] == 16 + round(219 * level / 255)


def test_memory_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^out must be \(27,\) uint8 for 5x3, not \(22,\) uint8$"):
        bgr_to_i420(np.zeros((3, 5, 3), np.uint8), np.zeros(22, np.uint8))
    with pytest.raises(ValueError, match=r"^bgr must be \(h, w, 3\) uint8, not \(3, 5\) uint8$"):
        bgr_to_nv12(np.zeros((3, 5), np.uint8), np.zeros(23, np.uint8))


@pytest.mark.parametrize("size", [Size(2, 2), Size(6, 4), Size(64, 16), Size(130, 34)], ids=str)
def test_the_plain_conversion_gives_the_kernels_bytes(size: Size) -> None:
    wide = np.random.default_rng(7).integers(0, 256, (size.height + 1, size.width + 1, 3), np.uint8)
    bgr = wide[: size.height, : size.width]  # rows of a larger picture, as of one with odd sides
    for convert, planar in ((bgr_to_i420, True), (bgr_to_nv12, False)):
        expected, plain = (np.empty(yuv420_bytes(size), np.uint8) for _ in range(2))
        convert(np.ascontiguousarray(bgr), expected)
        plain_yuv420(bgr, plain, planar=planar)
        assert np.array_equal(plain, expected)


def test_the_plain_conversion_takes_even_sides_only() -> None:
    with pytest.raises(ValueError, match=r"two even sides and memory for them, not 3x2 and \(6,\)"):
        plain_yuv420(np.zeros((2, 3, 3), np.uint8), np.empty(6, np.uint8), planar=True)
