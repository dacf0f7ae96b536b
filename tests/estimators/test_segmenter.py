"""A segmenter answers the matte, of a joint network too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from livecut.estimators.segmenter import Segmenter
from livecut.types import Frame, Size

Make = Callable[..., Any]


@pytest.mark.parametrize("task", ["matte", "joint"])
def test_it_answers_its_plane_and_nothing_else(network: Make, gradient: Callable[..., Frame], task: str) -> None:
    estimate = Segmenter(network(task), Size(96, 64)).estimate(gradient(96, 64, 3))
    assert estimate.depth is None
    assert estimate.matte is not None
    assert estimate.matte.alpha.shape == (32, 48)
    assert (estimate.matte.frame_index, estimate.matte.captured_ns) == (3, 1003)


def test_its_planes_are_valid_until_the_next_frame_only(network: Make, gradient: Callable[..., Frame]) -> None:
    estimator = Segmenter(network("matte"), Size(96, 64))
    first = estimator.estimate(gradient(96, 64, 0)).matte
    second = estimator.estimate(gradient(96, 64, 1)).matte
    assert first is not None
    assert second is not None
    assert first.alpha is second.alpha, "the same memory: nothing is allocated for a frame"


@pytest.mark.parametrize(("task", "states"), [("depth", []), ("matte", [{"input": "i", "output": "o"}])])
def test_a_network_of_another_kind_is_refused(network: Make, task: str, states: list[dict[str, str]]) -> None:
    with pytest.raises(ValueError, match=r"^echo is no segmenting network$"):
        Segmenter(network(task, states=states), Size(96, 64))


def test_closing_closes_the_network(network: Make) -> None:
    echo = network("matte")
    estimator = Segmenter(echo, Size(96, 64))
    estimator.reset()
    estimator.close()
    assert (echo.closes, echo.resets) == (1, 0)
