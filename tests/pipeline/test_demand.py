"""When the camera is wanted: at once with the first who looks, and for a while after the last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livecut.pipeline.demand import LOOK_S, REST_AFTER_S, Demand


def test_nobody_is_waited_for_at_the_start() -> None:
    demand = Demand(100.0)
    assert demand.is_due(100.0)
    assert not demand.saw(False, 100.0)


def test_it_is_up_at_once_and_down_after_a_while() -> None:
    demand = Demand(0.0)
    assert demand.saw(True, 1.0)
    assert demand.saw(False, 1.0 + REST_AFTER_S - 0.01)
    assert not demand.saw(False, 1.0 + REST_AFTER_S)
    assert demand.saw(True, 60.0)


def test_it_looks_again_after_its_pause_and_not_before() -> None:
    demand = Demand(0.0)
    demand.saw(True, 7.0)
    assert not demand.is_due(7.0 + LOOK_S / 2)
    assert demand.is_due(7.0 + LOOK_S)


@given(st.lists(st.tuples(st.floats(0.01, 20.0), st.booleans()), max_size=60), st.floats(0.1, 10.0))
def test_it_is_there_if_somebody_looked_lately(looks: list[tuple[float, bool]], rest_after_s: float) -> None:
    demand, now_s = Demand(0.0, rest_after_s), 0.0
    seen: list[float] = []
    for pause_s, watched in looks:
        now_s += pause_s
        seen += [now_s] * watched
        assert demand.saw(watched, now_s) == any(now_s - at_s < rest_after_s for at_s in seen) == demand.is_there
