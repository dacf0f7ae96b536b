"""A network's row chooses the estimator, and all of them keep the same contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livecut.estimators.depth import DepthNetwork
from livecut.estimators.joint import Joint
from livecut.estimators.network import estimator_of
from livecut.estimators.recurrent import Recurrent
from livecut.estimators.segmenter import Segmenter
from livecut.protocols import Estimator, Need
from livecut.types import Frame, Size

Make = Callable[..., Any]
MATTE, DEPTH = frozenset({Need.MATTE}), frozenset({Need.DEPTH})
STATES = [{"input": "i", "output": "o"}]


@pytest.mark.parametrize(
    ("task", "changes", "wanted", "kind"),
    [
        ("joint", {}, None, Joint),
        ("joint", {}, MATTE | DEPTH, Joint),
        ("joint", {}, MATTE, Segmenter),
        ("joint", {}, DEPTH, DepthNetwork),
        ("matte", {}, None, Segmenter),
        ("depth", {}, None, DepthNetwork),
        ("matte", {"states": STATES}, None, Recurrent),
    ],
)
def test_the_row_chooses(
    network: Make,
    gradient: Callable[..., Frame],
    task: str,
    changes: dict[str, Any],
    wanted: frozenset[Need] | None,
    kind: type,
) -> None:
    echo = network(task, **changes)
    estimator = estimator_of(echo, Size(96, 64), wanted)
    assert type(estimator) is kind
    assert isinstance(estimator, Estimator)
    assert estimator.gives == (echo.spec.gives if wanted is None else wanted)
    frame = gradient(96, 64, 7)
    estimate = estimator.estimate(frame)
    assert estimator.plane_size == Size(48, 32)
    assert (estimate.matte is not None) == (Need.MATTE in estimator.gives)
    assert (estimate.depth is not None) == (Need.DEPTH in estimator.gives)
    for answer in (estimate.matte, estimate.depth):
        if answer is not None:
            assert (answer.frame_index, answer.captured_ns) == (7, 1007)
    if estimate.matte is not None:
        assert np.ptp(estimate.matte.alpha[0]) > 0.9 > np.ptp(estimate.matte.alpha[:, 0])
    if estimate.depth is not None:
        assert np.ptp(estimate.depth.nearness[:, 0]) > 0.9 > np.ptp(estimate.depth.nearness[0])
    assert echo.runs == 1
    estimator.close()
    estimator.close()
    assert echo.closes == 2  # the network's own close is idempotent


@pytest.mark.parametrize("wanted", [frozenset(), DEPTH, MATTE | DEPTH])
def test_what_a_network_does_not_give_is_refused(network: Make, wanted: frozenset[Need]) -> None:
    with pytest.raises(ValueError, match=r"^echo does not give"):
        estimator_of(network("matte"), Size(96, 64), wanted)


@pytest.mark.parametrize(
    ("task", "changes", "wanted", "kind"),
    [
        ("joint", {}, MATTE | DEPTH, Joint),
        ("joint", {}, MATTE, Segmenter),
        ("matte", {}, MATTE, Segmenter),
        ("matte", {"states": STATES}, MATTE, Recurrent),
    ],
)
@pytest.mark.parametrize("size", [Size(96, 64), Size(32, 64)], ids=["whole", "a part"])
def test_what_is_held_is_handed_on_to_who_asks(
    network: Make,
    gradient: Callable[..., Frame],
    task: str,
    changes: dict[str, Any],
    wanted: frozenset[Need],
    kind: type,
    size: Size,
) -> None:
    echo = network(task, held={"name": "c"}, **changes)
    frame = gradient(*size, 7)
    frame.bgr.flags.writeable = True
    frame.bgr[: size.height // 2, :, 1] = 200
    estimator = estimator_of(echo, size, wanted | {Need.HELD})
    assert type(estimator) is kind
    assert estimator.gives == wanted | {Need.HELD}
    estimate = estimator.estimate(frame)
    assert estimate.held is not None and estimate.matte is not None
    assert (estimate.held.frame_index, estimate.held.captured_ns) == (7, 1007)
    held, alpha = estimate.held.alpha, estimate.matte.alpha
    assert held.shape == alpha.shape == (estimator.plane_size.height, estimator.plane_size.width)  # type: ignore[union-attr]
    top, bottom = np.s_[: held.shape[0] // 2 - 1], np.s_[held.shape[0] // 2 + 1 :]
    assert np.allclose(held[top], np.maximum(alpha[top], 200 / 255), atol=0.01)
    assert np.array_equal(held[bottom], alpha[bottom])
    silent = estimator_of(echo, size, wanted)
    assert silent.gives == wanted
    assert silent.estimate(frame).held is None


@pytest.mark.parametrize("task", ["joint", "matte", "depth"])
def test_the_plane_size_is_known_before_the_first_frame(
    network: Make, gradient: Callable[..., Frame], task: str
) -> None:
    estimator = estimator_of(network(task), Size(32, 64))
    size = estimator.plane_size
    estimate = estimator.estimate(gradient(32, 64))
    for plane in (estimate.matte and estimate.matte.alpha, estimate.depth and estimate.depth.nearness):
        if plane is not None:
            assert plane.shape == (size.height, size.width)  # type: ignore[union-attr]
