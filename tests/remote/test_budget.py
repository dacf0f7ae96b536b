from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.errors import RemoteDenied
from livecut.remote.budget import CreditBudget


def test_the_last_credit_can_be_spent_and_no_more() -> None:
    budget = CreditBudget(2)
    for _ in range(2):
        budget.settle(budget.hold(), 1)
    with pytest.raises(RemoteDenied) as caught:
        budget.hold()
    assert str(caught.value) == "the budget of 2 credits is used up (2 spent, 0 in flight)"
    assert budget.spent == 2


def test_credits_in_flight_count() -> None:
    budget = CreditBudget(1)
    held = budget.hold()
    with pytest.raises(RemoteDenied, match="0 spent, 1 in flight"):
        budget.hold()
    budget.settle(held, 0)
    budget.hold()


def test_a_dearer_call_makes_the_next_one_hold_more() -> None:
    budget = CreditBudget(5)
    budget.settle(budget.hold(), 3)
    with pytest.raises(RemoteDenied):
        budget.hold()


def test_no_budget_at_all() -> None:
    with pytest.raises(RemoteDenied):
        CreditBudget(0).hold()
    with pytest.raises(ValueError, match="not negative"):
        CreditBudget(-1)


@given(st.integers(0, 20), st.lists(st.sampled_from([0, 1]), max_size=40))
def test_calls_of_one_credit_never_pass_it(credits: int, costs: list[int]) -> None:
    budget = CreditBudget(credits)
    for cost in costs:
        try:
            held = budget.hold()
        except RemoteDenied:
            assert budget.spent == credits
            continue
        budget.settle(held, cost)
    assert budget.spent == min(credits, budget.spent)


def test_threads_share_it() -> None:
    budget = CreditBudget(50)

    def call(_: int) -> bool:
        try:
            budget.settle(budget.hold(), 1)
        except RemoteDenied:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(200))) == 50
    assert budget.spent == 50
