from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from livecut.server.http.door import Door
from livecut.server.http.turned_away import TurnedAway, Why
from livecut.server.store.credits import Credits
from livecut.server.store.database import Database
from livecut.server.store.keys import Keys
from livecut.server.store.rates import rates_in


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'keys.sqlite3'}")
    yield database
    database.close()


@pytest.fixture
def door(database: Database) -> Door:
    return Door(Keys(database), Credits(database, "run"), rates_in("memory", database))


def why(door: Door, secret: str | None) -> Why:
    with pytest.raises(TurnedAway) as caught:
        door.enter(secret)
    return caught.value.why


def test_no_key_a_wrong_one_and_a_revoked_one(door: Door, database: Database) -> None:
    _, secret = Keys(database).add("me")
    assert why(door, None) is Why.NO_KEY
    assert why(door, "") is Why.NO_KEY
    assert why(door, secret + "x") is Why.BAD_KEY
    Keys(database).revoke("me")
    assert why(door, secret) is Why.BAD_KEY


def test_the_rate(door: Door, database: Database) -> None:
    _, secret = Keys(database).add("me", per_minute=1)
    door.enter(secret)
    with pytest.raises(TurnedAway) as caught:
        door.enter(secret)
    assert caught.value.why is Why.TOO_OFTEN
    assert caught.value.retry_after_s is not None


def test_a_credit_from_reservation_to_settlement(door: Door, database: Database) -> None:
    _, secret = Keys(database).add("me", credits=1)
    visit = door.enter(secret)
    reservation = visit.reserve()
    other = door.enter(secret)  # the reserved one may still come back
    with pytest.raises(TurnedAway) as caught:
        other.reserve()
    assert caught.value.why is Why.NO_CREDIT
    assert visit.settle(reservation) == (0, 1)
    assert why(door, secret) is Why.NO_CREDIT


def test_a_released_credit_can_be_used_again(door: Door, database: Database) -> None:
    _, secret = Keys(database).add("me", credits=1)
    visit = door.enter(secret)
    visit.release(visit.reserve())
    assert visit.settle(visit.reserve()) == (0, 1)


def test_a_credit_that_was_returned_meanwhile_gives_no_answer(door: Door, database: Database) -> None:
    _, secret = Keys(database).add("me")
    visit = door.enter(secret)
    reservation = visit.reserve()
    Credits(database, "other").return_abandoned(alone=True)
    with pytest.raises(TurnedAway) as caught:
        visit.settle(reservation)
    assert caught.value.why is Why.FAILED


def test_an_open_door_counts_nothing() -> None:
    door = Door(None, None, None)
    assert door.is_open
    visit = door.enter(None)
    assert visit.key is None
    assert visit.settle(visit.reserve()) == (100, 0)
    visit.release(None)
