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


def test_no_owner_takes_more_than_half() -> None:
    budget = ByteBudget(100)
    shares = [budget.share() for _ in range(3)]
    for share, owner in zip(shares, (1, 1, 2), strict=True):
        share.owner = owner
    shares[0].grow_to(30)
    shares[1].grow_to(20)
    with pytest.raises(TurnedAway) as caught:
        shares[1].grow_to(21)
    assert (caught.value.why, caught.value.reason) == (Why.FULL, "Too many uploads at once with this key.")
    shares[2].grow_to(50)
    shares[0].release()
    with pytest.raises(TurnedAway):
        shares[2].grow_to(51)
    shares[1].grow_to(50)
    assert budget.taken == 100


def test_the_largest_request_always_fits_an_empty_budget() -> None:
    budget = ByteBudget(100, largest=80)
    share = budget.share()
    share.owner = "a"
    share.grow_to(80)
    with pytest.raises(TurnedAway):
        share.grow_to(81)


def test_expecting_takes_nothing() -> None:
    budget = ByteBudget(100)
    share = budget.share()
    share.owner = "a"
    share.expect(50)
    assert budget.taken == 0
    with pytest.raises(TurnedAway):
        share.expect(51)
    share.grow_to(40)
    share.expect(50)


def test_what_is_there_is_counted_whether_there_is_room_or_not() -> None:
    budget = ByteBudget(100)
    one, other = budget.share(), budget.share()
    one.owner = 1
    one.grow_to(20)
    one.become(150)
    assert (one.bytes, budget.taken) == (150, 150)
    with pytest.raises(TurnedAway):
        other.grow_to(1)
    one.become(5)
    other.grow_to(95)
    one.release()
    assert budget.taken == 95
