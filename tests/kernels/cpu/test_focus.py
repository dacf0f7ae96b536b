"""What the lens is focused on, and how long it takes to get there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.kernels.cpu.depth_layers import DepthLayers
from livecut.kernels.cpu.focus import Focus, FocusPull
from livecut.types import Plane, Size

SIZE = Size(64, 48)


def _cover(top: int = 12) -> Plane:
    """Somebody in the middle, from `top` down."""
    cover = np.zeros((48, 64), np.float32)
    cover[top:, 20:44] = 1
    return cover


def _split(nearness: Plane, cover: Plane) -> DepthLayers:
    layers = DepthLayers(SIZE, 1)
    layers.split(nearness, cover)
    return layers


def _pull(on: Focus, *, point: tuple[float, float] = (0.5, 0.5), pull_s: float = 0.5) -> FocusPull:
    return FocusPull(on, point=point, distance=0.35, pull_s=pull_s)


def _stand(person: float, room: float = 0.1) -> tuple[DepthLayers, Plane]:
    cover = _cover()
    return _split(np.where(cover > 0.5, person, room).astype(np.float32), cover), cover


def test_each_focus_looks_at_its_own() -> None:
    cover = _cover()
    nearness = np.where(cover > 0.5, 0.6, 0.1).astype(np.float32)
    nearness[30:, 20:44] = 0.9
    layers = _split(nearness, cover)
    assert _pull("distance")(layers, cover, 0.0) == 0.35
    assert _pull("follow")(layers, cover, 0.0) == pytest.approx(0.6, abs=0.02)
    assert 0.65 < _pull("person")(layers, cover, 0.0) < 0.85
    assert _pull("point", point=(0.02, 0.02))(layers, cover, 0.0) == pytest.approx(0.1, abs=0.01)
    assert _pull("point", point=(0.5, 0.95))(layers, cover, 0.0) == pytest.approx(0.9, abs=0.01)
    assert _pull("point", point=(1.0, 1.0))(layers, cover, 0.0) == pytest.approx(0.1, abs=0.01)


def test_a_change_is_pulled_over_within_its_time() -> None:
    pull = _pull("person", pull_s=1.0)
    pull(*_stand(0.6), 0.0)
    way = [pull(*_stand(0.8), 1 / 30) for _ in range(60)]
    steps = np.diff([0.6, *way])
    assert (steps >= -1e-9).all()
    assert steps.max() < 0.03
    assert way[12] < 0.75
    assert way[-1] == pytest.approx(0.8, abs=0.01)


def test_the_time_counts_and_not_the_frames() -> None:
    often, seldom = _pull("distance"), _pull("distance")
    earlier = _pull("person")
    earlier(*_stand(0.9), 0.0)
    for pull in (often, seldom):
        pull.go_on_from(earlier)
    for _ in range(8):
        many = often(*_stand(0.9), 0.02)
    once = seldom(*_stand(0.9), 0.16)
    assert many == pytest.approx(once, abs=1e-6)
    assert 0.4 < once < 0.9


def test_somebody_else_is_in_focus_at_once_and_another_point_is_not() -> None:
    for on in ("person", "follow"):
        pull = _pull(on)
        pull(*_stand(0.9), 0.0)
        assert pull(*_stand(0.4), 1 / 30) == pytest.approx(0.4, abs=0.01)
    pull = _pull("point", point=(0.5, 0.9))
    pull(*_stand(0.9), 0.0)
    assert pull(*_stand(0.4), 1 / 30) > 0.8


def test_trembling_moves_nothing() -> None:
    pull = _pull("person")
    random = np.random.default_rng(1)
    first = pull(*_stand(0.7), 0.0)
    assert {pull(*_stand(0.7 + float(random.normal(0, 0.01))), 1 / 30) for _ in range(60)} == {first}


def test_while_nobody_is_there_it_rests_and_the_first_one_is_in_focus_at_once() -> None:
    nobody = _split(np.full((48, 64), 0.2, np.float32), np.zeros((48, 64), np.float32))
    empty = np.zeros((48, 64), np.float32)
    for on in ("person", "follow"):
        pull = _pull(on)
        assert pull(nobody, empty, 0.0) == 0.9
        assert pull(*_stand(0.5), 1 / 30) == pytest.approx(0.5, abs=0.01)
        assert pull(nobody, empty, 1.0) == pytest.approx(0.5, abs=0.01)


def _at_point(nearness: float) -> tuple[DepthLayers, Plane]:
    layers = DepthLayers(SIZE, 1)
    layers.room.fill(nearness)
    return layers, np.zeros(layers.shape, np.float32)


def _course(seen: list[float], earlier: FocusPull | None = None) -> list[float]:
    pull = _pull("point")
    if earlier is not None:
        pull.go_on_from(earlier)
    return [pull(*_at_point(value), 1 / 30) for value in seen]


@given(
    st.integers(0, 12),
    st.floats(-1e6, 1e6, width=32),
    st.lists(st.floats(-0.01, 0.01), min_size=30, max_size=30),
    st.booleans(),
)
def test_one_absurd_value_does_not_pull_the_focus_from_a_point(
    at: int, absurd: float, trembles: list[float], takes_over: bool
) -> None:
    seen = [0.6 + one for one in trembles]
    earlier = None
    if takes_over:
        earlier = _pull("person")
        earlier(*_stand(0.5), 0.0)
    without = _course(seen, earlier)
    seen[at] = absurd
    course = _course(seen, earlier)
    # What is seen first has nothing to be absurd beside until two agree.
    first = 2 if at == 0 and not takes_over else 0
    assert np.abs(np.subtract(course, without))[first:].max() <= 0.05


@given(st.floats(0.0, 1.0, width=32), st.floats(0.0, 1.0, width=32), st.integers(1, 10))
def test_what_stays_is_followed_from_the_next_frame_on(before: float, after: float, frames: int) -> None:
    course = _course([before] * (frames + 1) + [after] * 40)
    assert course[: frames + 1] == [before] * (frames + 1)
    way = np.array(course[frames + 1 :])
    assert abs(way[-1] - after) <= 0.03 + 1e-6
    if abs(after - before) > 0.2:
        assert way[1] != before
        assert (np.diff(way) * np.sign(after - before) >= 0.0).all()


def test_after_a_reset_it_is_there_at_once() -> None:
    pull = _pull("person")
    pull(*_stand(0.9), 0.0)
    pull.reset()
    assert pull(*_stand(0.4), 0.0) == pytest.approx(0.4, abs=0.01)


def test_a_curl_above_the_head_is_not_taken_for_it() -> None:
    cover = _cover(20)
    cover[2:20, 30] = 1
    nearness = np.full((48, 64), 0.1, np.float32)
    nearness[20:, 20:44] = 0.6
    nearness[40:, 20:44] = 1.0
    assert _pull("follow")(_split(nearness, cover), cover, 0.0) == pytest.approx(0.6, abs=0.02)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="focus is person, point, distance or follow, not 'face'"):
        FocusPull("face", point=(0, 0), distance=0.5, pull_s=1.0)  # type: ignore[arg-type]
