"""The shipped joint network sees a person in a real portrait, near, and at any shape of frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

from livecut.estimators.joint import Joint
from livecut.inference.runner import open_runner
from livecut.inference.store import find
from livecut.types import Estimate, Frame, Pixels, Size


@pytest.fixture(scope="module")
def portrait() -> Pixels:
    """512x512, BGR: a face at (225, 120), a dark doorway at (370, 60)."""
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])  # type: ignore[no-untyped-call]


def _estimate(bgr: Pixels) -> Estimate:
    joint = Joint(open_runner(find("livecut-joint-small")), Size(bgr.shape[1], bgr.shape[0]))
    estimate = joint.estimate(Frame(bgr, 0, 0))
    joint.close()
    return estimate


# Left and right of the part of the portrait that is shown, and the size it is shown at.
@pytest.mark.parametrize(
    ("left", "right", "top", "bottom", "size"),
    [
        (0, 512, 0, 288, (1280, 720)),
        (0, 512, 0, 384, (640, 480)),
        (0, 512, 0, 512, (480, 480)),
        (90, 378, 0, 512, (361, 641)),
    ],
)
def test_a_person_is_seen_near_and_the_room_far(
    portrait: Pixels, left: int, right: int, top: int, bottom: int, size: tuple[int, int]
) -> None:
    estimate = _estimate(cv2.resize(portrait[top:bottom, left:right], size).astype(np.uint8))
    assert estimate.matte is not None
    assert estimate.depth is not None
    shown = (right - left, bottom - top)
    alpha = cv2.resize(estimate.matte.alpha, shown)
    nearness = cv2.resize(estimate.depth.nearness, shown)
    face, doorway = (120 - top, 225 - left), (60 - top, 370 - left)
    assert alpha[face] > 0.9
    assert alpha[doorway] < 0.1
    assert nearness[face] > nearness[doorway] + 0.1


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 501), (1003, 9), (288, 160), (1281, 723)])
def test_both_planes_are_within_range_at_any_size(size: tuple[int, int]) -> None:
    width, height = size
    estimate = _estimate(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))
    assert estimate.matte is not None
    assert estimate.depth is not None
    for plane in (estimate.matte.alpha, estimate.depth.nearness):
        assert np.isfinite(plane).all()
        assert plane.min() >= 0.0
        assert plane.max() <= 1.0


def test_a_network_of_one_answer_is_no_joint_one(network: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"^echo is no joint network$"):
        Joint(network("matte"), Size(96, 64))
