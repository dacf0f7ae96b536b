from __future__ import annotations

import pytest

from livecut.server.http.byte_budget import ByteBudget
from livecut.server.http.turned_away import TurnedAway, Why


def test_shares_take_no_more_than_there_is() -> None:
    budget = ByteBudget(100)
    one, other = budget.share(), budget.share()
    one.grow_to(60)
    one.grow_to(50)
    other.grow_to(40)
    assert (one.bytes, other.bytes, budget.taken) == (60, 40, 100)
    with pytest.raises(TurnedAway) as caught:
        other.grow_to(41)
    assert caught.value.why is Why.FULL
    assert caught.value.retry_after_s == 2.0
    one.release()
    one.release()
    other.grow_to(100)
    assert budget.taken == 100
