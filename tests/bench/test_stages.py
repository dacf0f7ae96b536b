"""Stage times without a window."""

from __future__ import annotations

from itertools import count

import pytest

from livecut.bench.spread import Spread
from livecut.bench.stages import StageTimes


def test_every_time_counts_and_stages_keep_their_order() -> None:
    ticks = count(step=2_000_000)
    meter = StageTimes(lambda: next(ticks))
    for _ in range(400):
        for name in ("matte", "effect"):
            with meter.stage(name):
                pass
    assert meter.spreads() == {"matte": Spread(2.0, 2.0, 2.0), "effect": Spread(2.0, 2.0, 2.0)}
    assert list(meter.spreads()) == ["matte", "effect"]


def test_a_stage_that_raises_is_timed_and_clearing_forgets() -> None:
    times = iter([0, 5_000_000, 5_000_000, 6_000_000])
    meter = StageTimes(lambda: next(times))
    with pytest.raises(RuntimeError, match="broken"), meter.stage("matte"):
        raise RuntimeError("broken")
    assert meter.spreads()["matte"].p50 == 5.0
    meter.clear_stages()
    assert meter.spreads() == {}
    with meter.stage("effect"):
        pass
    assert meter.spreads() == {"effect": Spread(1.0, 1.0, 1.0)}
