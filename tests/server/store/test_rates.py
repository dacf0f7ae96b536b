from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from livecut.errors import SettingsError
from livecut.server.store.database import Database
from livecut.server.store.rates import DatabaseStorage, Rates, rates_in


@pytest.fixture(params=["memory", "database"])
def rates(request: pytest.FixtureRequest, database: Database) -> Rates:
    return rates_in(request.param, database)


def test_the_sixty_first_request_is_told_when_to_come_back(rates: Rates) -> None:
    assert [rates.take(1, 60) for _ in range(60)] == [None] * 60
    wait_s = rates.take(1, 60)
    assert wait_s is not None
    assert 1.0 <= wait_s <= 60.0
    assert rates.take(2, 60) is None  # another key


def test_a_raised_rate_counts_at_once(rates: Rates) -> None:
    assert rates.take(1, 1) is None
    assert rates.take(1, 1) is not None
    assert rates.take(1, 2) is None


def test_processes_count_together_in_a_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'keys.sqlite3'}"
    one, other = Database(url), Database(url)
    assert rates_in("database", one).take(1, 1) is None
    assert rates_in("database", other).take(1, 1) is not None
    one.close()
    other.close()


def test_the_window_moves(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, now = DatabaseStorage(database), [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    assert storage.acquire_entry("k", 2, 60)
    now[0] += 30.0
    assert storage.acquire_entry("k", 2, 60)
    assert not storage.acquire_entry("k", 2, 60)
    assert storage.get_moving_window("k", 2, 60) == (now[0] - 30.0, 2)
    now[0] += 31.0
    assert storage.acquire_entry("k", 2, 60)
    assert not storage.acquire_entry("k", 2, 60)


def test_whether_it_answers(rates: Rates, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    assert rates.answers()
    monkeypatch.setattr(database, "read", gone)
    assert not rates_in("database", database).answers()


def test_forgetting(database: Database) -> None:
    storage = DatabaseStorage(database)
    assert storage.check()
    storage.acquire_entry("a", 5, 60, amount=2)
    storage.acquire_entry("b", 5, 60)
    storage.clear("a")
    assert storage.get_moving_window("a", 5, 60)[1] == 0
    assert storage.reset() == 1


def test_stores_that_cannot_be_used() -> None:
    with pytest.raises(SettingsError, match="there is no database"):
        rates_in("database", None)
    with pytest.raises(SettingsError, match=r"^server\.rate_store cannot be used") as caught:
        rates_in("nonsense://user:sesame@host", None)
    assert "sesame" not in str(caught.value) + caught.value.hint
