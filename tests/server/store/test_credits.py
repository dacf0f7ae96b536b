from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.exc import OperationalError

from livecut.server.store.credits import Credits, Reservation
from livecut.server.store.database import Database
from livecut.server.store.keys import Keys


def test_reserve_settle_release(database: Database) -> None:
    key, _ = Keys(database).add("me", credits=2)
    credits = Credits(database, "run")
    first, second = credits.reserve(key.id), credits.reserve(key.id)
    assert first is not None
    assert second is not None
    assert credits.reserve(key.id) is None
    assert credits.settle(first) == 0
    assert credits.release(second) == 1
    (after,) = Keys(database).all()
    assert (after.granted, after.settled, after.remaining, after.reserved) == (2, 1, 1, 0)


def test_nothing_ends_twice(database: Database) -> None:
    key, _ = Keys(database).add("me", credits=1)
    credits = Credits(database, "run")
    reservation = credits.reserve(key.id)
    assert reservation is not None
    assert credits.settle(reservation) == 0
    assert credits.settle(reservation) is None
    assert credits.release(reservation) is None
    assert Keys(database).all()[0].remaining == 0


def test_a_revoked_key_reserves_nothing(database: Database) -> None:
    key, _ = Keys(database).add("me")
    Keys(database).revoke("me")
    assert Credits(database, "run").reserve(key.id) is None


def test_threads_take_exactly_what_there_is(database: Database) -> None:
    key, _ = Keys(database).add("me", credits=30)
    credits = Credits(database, "run")

    def spend(_: int) -> bool:
        reservation = credits.reserve(key.id)
        return reservation is not None and credits.settle(reservation) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(60))) == 30
    (after,) = Keys(database).all()
    assert (after.settled, after.remaining, after.reserved) == (30, 0, 0)


def test_what_a_killed_server_left_is_returned_at_start(database: Database) -> None:
    key, _ = Keys(database).add("me", credits=3)
    killed = Credits(database, "killed")
    killed.seen()
    for _ in range(2):
        killed.reserve(key.id)
    after = Credits(database, "new")
    after.seen()
    mine = after.reserve(key.id)
    assert after.return_abandoned(alone=True) == 2
    (counts,) = Keys(database).all()
    assert (counts.remaining, counts.reserved) == (2, 1)
    assert mine is not None
    assert after.settle(mine) == 2


class Failing:
    """A database whose next writes fail."""

    def __init__(self, database: Database, times: int) -> None:
        self._database = database
        self.times = times
        self.clock = database.clock

    def write(self) -> Any:
        if self.times > 0:
            self.times -= 1
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return self._database.write()


@pytest.mark.parametrize("end", ["settle", "release"])
def test_an_end_that_fails_once_is_tried_again(database: Database, end: str) -> None:
    key, _ = Keys(database).add("me", credits=2)
    failing = Failing(database, 0)
    credits = Credits(failing, "run")  # type: ignore[arg-type]
    reservation = credits.reserve(key.id)
    failing.times = 1
    assert getattr(credits, end)(reservation) == (1 if end == "settle" else 2)


@pytest.mark.parametrize("end", ["settle", "release"])
def test_what_could_not_be_ended_is_returned_with_the_heartbeat(database: Database, end: str) -> None:
    key, _ = Keys(database).add("me", credits=2)
    failing = Failing(database, 0)
    credits = Credits(failing, "run")  # type: ignore[arg-type]
    credits.seen()
    lost, kept = credits.reserve(key.id), credits.reserve(key.id)
    assert kept is not None
    failing.times = 9
    with pytest.raises(OperationalError):
        getattr(credits, end)(lost)
    failing.times = 0
    assert credits.return_abandoned(alone=False) == 1
    assert credits.return_abandoned(alone=False) == 0
    assert credits.settle(kept) == 1
    (after,) = Keys(database).all()
    assert (after.granted, after.settled, after.remaining, after.reserved) == (2, 1, 1, 0)


def test_a_reservation_that_failed_or_was_refused_is_not_waited_for(database: Database) -> None:
    key, _ = Keys(database).add("me", credits=1)
    failing = Failing(database, 1)
    credits = Credits(failing, "run")  # type: ignore[arg-type]
    with pytest.raises(OperationalError):
        credits.reserve(key.id)
    reservation = credits.reserve(key.id)
    assert reservation is not None
    assert credits.reserve(key.id) is None
    assert credits.release(reservation) == 1
    assert credits._in_flight == set()


def test_a_server_that_is_alive_keeps_its_reservations(tmp_path: Path) -> None:
    now = [1000.0]
    database = Database(f"sqlite:///{tmp_path / 'keys.sqlite3'}", clock=lambda: now[0])
    key, _ = Keys(database).add("me", credits=3)
    one, other = Credits(database, "one"), Credits(database, "other")
    one.seen()
    other.seen()
    reservation = one.reserve(key.id)
    now[0] += 59.0
    assert other.return_abandoned(alone=False) == 0
    now[0] += 2.0
    other.seen()
    assert other.return_abandoned(alone=False) == 1
    assert reservation is not None
    assert one.settle(reservation) is None
    database.close()


def test_a_server_that_was_never_seen_is_gone(database: Database) -> None:
    key, _ = Keys(database).add("me", credits=3)
    Credits(database, "ghost").reserve(key.id)
    assert Credits(database, "new").return_abandoned(alone=False) == 1


class Ledger(RuleBasedStateMachine):
    """Whatever happens in whatever order, granted = settled + remaining + reserved, and none is negative."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(f"sqlite:///{self.folder.name}/keys.sqlite3")
        self.keys = Keys(self.database)
        self.key, _ = self.keys.add("me", credits=3)
        self.run = 0
        self.credits = Credits(self.database, "0")
        self.open_ones: list[Reservation] = []

    @rule()
    def reserve(self) -> None:
        reservation = self.credits.reserve(self.key.id)
        if reservation is not None:
            self.open_ones.append(reservation)

    @precondition(lambda self: self.open_ones)
    @rule()
    def settle(self) -> None:
        assert self.credits.settle(self.open_ones.pop()) is not None

    @precondition(lambda self: self.open_ones)
    @rule()
    def release(self) -> None:
        assert self.credits.release(self.open_ones.pop(0)) is not None

    @rule()
    def grant(self) -> None:
        self.keys.grant("me", credits=2)

    @rule()
    def crash_and_restart(self) -> None:
        self.run += 1
        self.credits = Credits(self.database, str(self.run))
        assert self.credits.return_abandoned(alone=True) == len(self.open_ones)
        for lost in self.open_ones:
            assert self.credits.settle(lost) is None
        self.open_ones = []

    @invariant()
    def balances(self) -> None:
        if hasattr(self, "keys"):
            (key,) = self.keys.all()
            assert key.granted == key.settled + key.remaining + key.reserved
            assert key.reserved == len(self.open_ones)
            assert min(key.settled, key.remaining) >= 0

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()


Ledger.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestLedger = Ledger.TestCase
