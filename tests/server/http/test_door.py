from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from limits.storage import MemoryStorage
from sqlalchemy.exc import OperationalError

from livecut.server.http.door import Door
from livecut.server.http.turned_away import TurnedAway, Why
from livecut.server.store.credits import Credits
from livecut.server.store.database import Database
from livecut.server.store.keys import Keys
from livecut.server.store.rates import Rates, rates_in


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


class _Gone(MemoryStorage):
    """Does not answer, and says with which password."""

    def acquire_entry(self, *_: object, **__: object) -> bool:
        raise ConnectionError("redis://:secret-word@host")


def test_where_requests_cannot_be_counted_nobody_comes_in_and_no_password_is_told(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    _, secret = Keys(database).add("me")
    door = Door(Keys(database), Credits(database, "run"), Rates(_Gone(), ConnectionError))
    with pytest.raises(TurnedAway) as caught:
        door.enter(secret)
    assert (caught.value.why, caught.value.retry_after_s) == (Why.AWAY, 5.0)
    assert "ConnectionError" in caplog.text
    assert "secret-word" not in caplog.text + repr(caught.value) + repr(caught.value.__context__)


@pytest.mark.parametrize("step", ["enter", "reserve", "settle"])
def test_a_database_that_does_not_answer_turns_away_at_every_step(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    _, secret = Keys(database).add("me")

    def gone(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, ConnectionError("host is down"))

    owner, name = (Keys, "find") if step == "enter" else (Credits, step)
    monkeypatch.setattr(owner, name, gone)
    with pytest.raises(TurnedAway) as caught:
        visit = door.enter(secret)
        visit.settle(visit.reserve())
    assert (caught.value.why, caught.value.retry_after_s) == (Why.AWAY, 5.0)


def test_an_open_door_counts_nothing() -> None:
    door = Door(None, None, None)
    assert door.is_open
    visit = door.enter(None)
    assert visit.key is None
    assert visit.settle(visit.reserve()) == (100, 0)
    visit.release(None)
