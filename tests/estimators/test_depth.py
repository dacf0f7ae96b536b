"""A depth network answers nearness, of a joint network too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from livecut.estimators.depth import DepthNetwork
from livecut.types import Frame, Size

Make = Callable[..., Any]


@pytest.mark.parametrize("task", ["depth", "joint"])
def test_it_answers_its_plane_and_nothing_else(network: Make, gradient: Callable[..., Frame], task: str) -> None:
    estimate = DepthNetwork(network(task), Size(96, 64)).estimate(gradient(96, 64, 3))
    assert estimate.matte is None
    assert estimate.depth is not None
    assert estimate.depth.nearness.shape == (32, 48)
    assert (estimate.depth.frame_index, estimate.depth.captured_ns) == (3, 1003)


def test_its_planes_are_valid_until_the_next_frame_only(network: Make, gradient: Callable[..., Frame]) -> None:
    estimator = DepthNetwork(network("depth"), Size(96, 64))
    first = estimator.estimate(gradient(96, 64, 0)).depth
    second = estimator.estimate(gradient(96, 64, 1)).depth
    assert first is not None
    assert second is not None
    assert first.nearness is second.nearness, "the same memory: nothing is allocated for a frame"


@pytest.mark.parametrize(("task", "states"), [("matte", []), ("depth", [{"input": "i", "output": "o"}])])
def test_a_network_of_another_kind_is_refused(network: Make, task: str, states: list[dict[str, str]]) -> None:
    with pytest.raises(ValueError, match=r"^echo is no depth network$"):
        DepthNetwork(network(task, states=states), Size(96, 64))


def test_closing_closes_the_network(network: Make) -> None:
    echo = network("depth")
    estimator = DepthNetwork(echo, Size(96, 64))
    estimator.reset()
    estimator.close()
    assert (echo.closes, echo.resets) == (1, 0)
