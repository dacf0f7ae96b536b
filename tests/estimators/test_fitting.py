"""Planes cover the whole frame, whatever the aspect ratio, and people keep about their proportions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.estimators.fitting import MAX_SQUEEZE, Box, Fitting, content_box
from livecut.protocols import Need
from livecut.types import Frame, Size

Make = Callable[..., Any]
NETWORK = Size(288, 160)


@pytest.mark.parametrize(
    ("frame", "box"),
    [
        (Size(1280, 720), Box(0, 0, 288, 160)),
        (Size(1920, 1080), Box(0, 0, 288, 160)),
        (Size(640, 480), Box(0, 0, 288, 160)),  # squeezed by 1.35
        (Size(720, 720), Box(0, 0, 288, 160)),
        (Size(720, 1280), Box(63, 0, 162, 160)),
        (Size(2560, 720), Box(0, 7, 288, 146)),
        (Size(1, 1), Box(0, 0, 288, 160)),
        (Size(1, 5000), Box(143, 0, 1, 160)),
        (Size(5000, 1), Box(0, 79, 288, 1)),
    ],
)
def test_where_a_frame_lies(frame: Size, box: Box) -> None:
    assert content_box(frame, NETWORK, "pad") == box


def test_a_network_that_wants_it_is_given_all_of_its_input() -> None:
    assert content_box(Size(720, 1280), NETWORK, "stretch") == Box(0, 0, 288, 160)


@given(width=st.integers(1, 5000), height=st.integers(1, 5000))
def test_nobody_is_squeezed_by_more_than_is_allowed(width: int, height: int) -> None:
    x, y, wide, tall = content_box(Size(width, height), NETWORK, "pad")
    assert wide == NETWORK.width or tall == NETWORK.height
    assert 0 <= x <= NETWORK.width - wide
    assert 0 <= y <= NETWORK.height - tall
    # Within what rounding to whole pixels does.
    assert (width / height) / ((wide + 0.5) / max(tall - 0.5, 0.5)) <= MAX_SQUEEZE + 1e-9 or tall == 1
    assert (width / height) / (max(wide - 0.5, 0.5) / (tall + 0.5)) >= 1 / MAX_SQUEEZE - 1e-9 or wide == 1


SIZES = [(48, 32), (96, 64), (97, 65), (24, 16), (1, 1), (33, 64), (50, 50), (200, 30), (1, 400), (400, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fit", ["pad", "stretch"])
def test_planes_cover_the_whole_frame(
    network: Make, gradient: Callable[..., Frame], size: tuple[int, int], fit: str
) -> None:
    fitting = Fitting(network(fit=fit), Size(*size))
    planes = fitting.look(gradient(*size))
    wide, tall = fitting.box.size
    y, x = np.mgrid[0:tall, 0:wide]
    # A pixel of a small frame is worth 1 / its side; enlarging is flat within half a pixel of the border.
    slack_x, slack_y = 0.01 + 0.5 / size[0], 0.01 + 0.5 / size[1]
    for need, expected, slack in ((Need.MATTE, (x + 0.5) / wide, slack_x), (Need.DEPTH, (y + 0.5) / tall, slack_y)):
        assert planes[need].shape == (tall, wide)
        assert planes[need].dtype == np.float32
        assert planes[need].flags.c_contiguous
        assert np.abs(planes[need] - expected).max() <= slack


def test_beside_the_frame_stands_its_reflection(network: Make, gradient: Callable[..., Frame]) -> None:
    echo = network()
    Fitting(echo, Size(32, 64)).look(gradient(32, 64))
    x, _, wide, _ = content_box(Size(32, 64), Size(48, 32), "pad")
    inside = echo.image[:, x : x + wide]
    assert np.array_equal(echo.image, np.pad(inside, ((0, 0), (x, 48 - wide - x), (0, 0)), mode="reflect"))


def test_a_frame_of_another_size_is_taken_as_it_comes_and_the_past_forgotten(
    network: Make, gradient: Callable[..., Frame]
) -> None:
    echo = network()
    fitting = Fitting(echo, Size(96, 64))
    fitting.look(gradient(96, 64))
    assert echo.resets == 0
    assert fitting.look(gradient(32, 64))[Need.MATTE].shape == (32, fitting.box.width)
    assert (echo.resets, fitting.size) == (1, Size(32, 64))


def test_nothing_of_an_earlier_frame_is_left(network: Make, gradient: Callable[..., Frame]) -> None:
    echo = network()
    fitting = Fitting(echo, Size(32, 64))
    fitting.look(Frame(np.full((64, 32, 3), 255, np.uint8), 0, 0))
    fitting.look(gradient(32, 64))
    seen = echo.image.copy()
    fresh = network()
    Fitting(fresh, Size(32, 64)).look(gradient(32, 64))
    assert np.array_equal(seen, fresh.image)


@pytest.mark.parametrize("size", [(96, 64), (32, 64)])
def test_planes_that_nobody_asks_for_are_left_where_they_are(
    network: Make, gradient: Callable[..., Frame], size: tuple[int, int]
) -> None:
    fitting = Fitting(network(held={"name": "c"}), Size(*size), wanted=frozenset({Need.MATTE, Need.HELD}))
    assert set(fitting.look(gradient(*size))) == {Need.MATTE, Need.HELD}


def test_what_the_network_saw_is_handed_on_where_it_is_the_whole_frame(
    network: Make, gradient: Callable[..., Frame]
) -> None:
    echo = network()
    fitting = Fitting(echo, Size(96, 64))
    planes = fitting.look(gradient(96, 64))
    assert fitting.seen is echo.image
    assert fitting.seen.shape[:2] == planes[Need.MATTE].shape
    fitting.look(gradient(32, 64))
    assert fitting.seen is None, "beside the frame stands its reflection"
