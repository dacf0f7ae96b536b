"""Nearness in the colours of OpenCV's maps, and the scale beside it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livecut.kernels.cpu.depth_colours import ColourMap, DepthColours
from livecut.types import Pixels, Plane, Plane8, Size


def _paint(colours: DepthColours, nearness: Plane, alpha: Plane8 | None = None) -> Pixels:
    out = np.full((colours.size.height, colours.size.width, 3), 77, np.uint8)
    colours(nearness, alpha, out)
    return out


@pytest.mark.parametrize(("name", "table"), [("turbo", cv2.COLORMAP_TURBO), ("inferno", cv2.COLORMAP_INFERNO)])
def test_colours_are_those_of_opencv(name: ColourMap, table: int) -> None:
    nearness = np.linspace(0, 1, 256, dtype=np.float32)[None]
    out = _paint(DepthColours(Size(256, 1), colour_map=name, legend=True), nearness)
    expected = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[None], table)
    assert np.array_equal(out, expected)


def test_gray_is_gray_and_near_is_bright() -> None:
    nearness = np.array([[0.0, 0.25, 1.0]], np.float32)
    out = _paint(DepthColours(Size(3, 1), colour_map="gray", legend=False), nearness)
    assert out[0].tolist() == [[0, 0, 0], [64, 64, 64], [255, 255, 255]]


def test_what_lies_beyond_the_range_is_clipped() -> None:
    nearness = np.array([[-3.0, 7.0]], np.float32)
    out = _paint(DepthColours(Size(2, 1), colour_map="gray", legend=False), nearness)
    assert out[0, :, 0].tolist() == [0, 255]


def test_the_plane_is_stretched_over_the_frame() -> None:
    nearness = np.zeros((9, 16), np.float32)
    nearness[:, 8:] = 1
    out = _paint(DepthColours(Size(320, 180), colour_map="gray", legend=False), nearness)
    assert (out[:, :145] == 0).all()
    assert (out[:, 175:] == 255).all()


def test_the_person_alone_is_shown_up_to_the_outline() -> None:
    size = Size(320, 180)
    alpha = np.zeros((180, 320), np.uint8)
    alpha[60:, 100:220] = 255
    sharp = np.full((45, 80), 0.1, np.float32)
    sharp[15:, 25:55] = 0.8
    nearness: Plane = np.asarray(cv2.blur(sharp, (3, 3)), np.float32)
    out = _paint(DepthColours(size, colour_map="gray", legend=False), nearness, alpha)
    assert (out[alpha == 0] == 0).all()
    assert np.abs(out[alpha == 255].astype(int) - 204).max() <= 6, "no dark rim from the room's depth"


def test_the_legend_runs_from_near_above_to_far_below() -> None:
    size = Size(640, 360)
    nearness = np.full((9, 16), 0.5, np.float32)
    with_legend = _paint(DepthColours(size, colour_map="gray", legend=True), nearness)
    without = _paint(DepthColours(size, colour_map="gray", legend=False), nearness)
    changed = np.argwhere((with_legend != without).any(axis=2))
    top, left = changed.min(axis=0)
    bottom, right = changed.max(axis=0)
    assert left > 560
    assert right < 640
    assert 0 < top < bottom < 200
    column = with_legend[top : bottom + 1, (left + right) // 2, 0].astype(int)
    bar = column[np.argmax(column) : len(column) - 20]
    assert column.max() == 255
    assert (np.diff(bar[:90]) <= 0).all()


@pytest.mark.parametrize("place", [(219, 0, 202, 360), (0, 60, 640, 240), (0, 0, 640, 360), (10, 20, 300, 119)])
def test_the_legend_stands_within_the_part_that_the_frame_fills(place: tuple[int, int, int, int]) -> None:
    x, y, width, height = place
    nearness = np.full((9, 16), 0.5, np.float32)
    with_legend = DepthColours(Size(640, 360), colour_map="gray", legend=True)
    _paint(with_legend, nearness)
    out = np.empty((360, 640, 3), np.uint8)
    with_legend(nearness, None, out, (slice(y, y + height), slice(x, x + width)))
    expected = _paint(DepthColours(Size(640, 360), colour_map="gray", legend=False), nearness)
    alone = _paint(DepthColours(Size(width, height), colour_map="gray", legend=True), nearness)
    expected[y : y + height, x : x + width] = alone
    assert np.array_equal(out, expected)


def test_small_frames_have_no_legend() -> None:
    nearness = np.full((3, 3), 0.5, np.float32)
    small = _paint(DepthColours(Size(150, 119), colour_map="gray", legend=True), nearness)
    assert np.ptp(small) == 0
    narrow = _paint(DepthColours(Size(5, 400), colour_map="gray", legend=True), nearness)
    assert narrow.shape == (400, 5, 3)


@pytest.mark.parametrize("size", [Size(1, 1), Size(1, 9), Size(9, 1), Size(33, 17), Size(130, 121)])
@pytest.mark.parametrize("person_only", [False, True])
def test_awkward_sizes(size: Size, person_only: bool) -> None:
    random = np.random.default_rng(0)
    alpha = random.integers(0, 256, (size.height, size.width), dtype=np.uint8) if person_only else None
    nearness = random.random((3, 4)).astype(np.float32)
    out = _paint(DepthColours(size, colour_map="turbo", legend=False), nearness, alpha)
    assert not (out == 77).all()


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="colour_map is turbo, inferno or gray, not 'jet'"):
        DepthColours(Size(4, 4), colour_map="jet", legend=True)  # type: ignore[arg-type]
    colours = DepthColours(Size(4, 4), colour_map="gray", legend=True)
    with pytest.raises(ValueError, match=r"nearness must be \(h, w\) float32"):
        _paint(colours, np.zeros((4, 4)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="alpha must be"):
        _paint(colours, np.zeros((4, 4), np.float32), np.zeros((3, 3), np.uint8))


def test_plain_nearness_is_refused_a_plane_of_another_kind() -> None:
    colours = DepthColours(Size(4, 3), colour_map="gray", legend=False)
    _paint(colours, np.array([[0.0, 1.0]], np.float32))
    out = np.empty((3, 4), np.uint16)
    colours.plain(None, out)
    assert (out[:, 0] == 0).all() and (out[:, 3] == 65535).all()
    with pytest.raises(ValueError, match=r"out must be \(3, 4\) uint16, not \(3, 4\) float32"):
        colours.plain(None, np.empty((3, 4), np.float32))
