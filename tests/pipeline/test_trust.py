"""Every answer that could show the room is refused, every good one passes unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.errors import EstimateError
from livecut.pipeline.trust import check_depth, check_matte, check_soft_matte
from livecut.types import DepthMap, Frame, Matte, Size, SoftMatte

PLANE = Size(8, 6)
FRAME = Frame(np.zeros((12, 16, 3), np.uint8), 5, 1_000_000_000)


def _soft(alpha: object, captured_ns: int = FRAME.captured_ns) -> SoftMatte:
    return SoftMatte(alpha, 5, captured_ns)  # type: ignore[arg-type]


def test_a_good_matte_passes_unchanged() -> None:
    matte = _soft(np.full((6, 8), 0.5, np.float32))
    assert check_soft_matte(matte, PLANE, FRAME, 0) is matte


@given(st.integers(0, 47), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_one_value_that_is_not_finite_is_enough(position: int, value: float) -> None:
    alpha = np.full((6, 8), 0.5, np.float32)
    alpha.flat[position] = value
    with pytest.raises(EstimateError, match="the matte is not finite"):
        check_soft_matte(_soft(alpha), PLANE, FRAME, 0)
    with pytest.raises(EstimateError, match="the depth is not finite"):
        check_depth(DepthMap(alpha, 5, FRAME.captured_ns), PLANE, FRAME, 0)


@pytest.mark.parametrize(
    ("alpha", "message"),
    [
        (np.full((6, 9), 0.5, np.float32), "the matte is 9x6, not 8x6"),
        (np.full((6, 8, 1), 0.5, np.float32), "the matte is 1x8x6, not 8x6"),
        (np.full((6, 8), 0.5, np.float64), "the matte is no float32 plane"),
        (np.full((6, 8), 200, np.uint8), "the matte is no float32 plane"),
        ([[0.5]], "the matte is no float32 plane"),
        (np.full((6, 8), 255, np.float32), "the matte leaves 0 … 1 (255 … 255)"),
        (np.full((6, 8), -1, np.float32), "the matte leaves 0 … 1 (-1 … -1)"),
    ],
)
def test_what_is_no_coverage_is_refused(alpha: object, message: str) -> None:
    with pytest.raises(EstimateError) as caught:
        check_soft_matte(_soft(alpha), PLANE, FRAME, 0)
    assert caught.value.message == message


def test_depth_may_be_of_any_scale_that_a_network_has_and_no_other() -> None:
    nearness = np.full((6, 8), 0.5, np.float32)
    for value in (-1000.0, 0.0, 5000.0):
        nearness[2, 3] = value
        depth = DepthMap(nearness, 5, FRAME.captured_ns)
        assert check_depth(depth, PLANE, FRAME, 0) is depth
    for value in (3e38, -3e38, 1e5):
        nearness[2, 3] = value
        with pytest.raises(EstimateError, match=r"^the depth leaves -10000 … 10000 \(.*\)$"):
            check_depth(DepthMap(nearness, 5, FRAME.captured_ns), PLANE, FRAME, 0)


def test_an_old_matte_a_later_one_and_none_at_all_are_refused() -> None:
    alpha = np.full((6, 8), 0.5, np.float32)
    assert check_soft_matte(_soft(alpha, FRAME.captured_ns - 500_000_000), PLANE, FRAME, 500_000_000)
    with pytest.raises(EstimateError, match="the matte is 501 ms older than its frame"):
        check_soft_matte(_soft(alpha, FRAME.captured_ns - 501_000_000), PLANE, FRAME, 500_000_000)
    with pytest.raises(EstimateError, match="the matte is of a later frame"):
        check_soft_matte(_soft(alpha, FRAME.captured_ns + 1), PLANE, FRAME, 500_000_000)
    with pytest.raises(EstimateError, match="the estimator gave no matte"):
        check_soft_matte(None, PLANE, FRAME, 0)
    with pytest.raises(EstimateError, match="the estimator gave no depth"):
        check_depth(None, PLANE, FRAME, 0)


def test_a_refined_matte_must_cover_the_frame() -> None:
    good = Matte(np.zeros((12, 16), np.uint8), 5, FRAME.captured_ns)
    assert check_matte(good, FRAME) is good
    for alpha in (np.zeros((12, 15), np.uint8), np.zeros((12, 16), np.float32)):
        with pytest.raises(EstimateError, match="the refined matte is"):
            check_matte(Matte(alpha, 5, FRAME.captured_ns), FRAME)  # type: ignore[arg-type]
