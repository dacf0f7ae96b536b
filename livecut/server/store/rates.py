"""Requests a minute for each key, counted in memory, in the database or in Redis."""

from __future__ import annotations

import math
import time
from typing import Any

from limits import RateLimitItemPerMinute
from limits.errors import ConfigurationError
from limits.storage import MemoryStorage, MovingWindowSupport, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from livecut.errors import SettingsError
from livecut.server.store.database import Database
from livecut.server.store.schema import hits, keys

__all__ = ["DatabaseStorage", "Rates", "StoreAway", "rates_in"]


class _AMinute(RateLimitItemPerMinute):
    """So many a minute, counted in one bucket whatever the number: a key whose rate is changed begins no new minute."""

    def key_for(self, *identifiers: bytes | str | int | float) -> str:
        """The bucket's name."""
        return "/".join(("livecut", *map(str, identifiers)))


class StoreAway(Exception):
    """Requests cannot be counted now; the error it came of may quote a password, and is not told."""


class Rates:
    """A moving window: in no sixty seconds more than a key's rate."""

    def __init__(self, storage: Any, failures: type[Exception] | tuple[type[Exception], ...] = ()) -> None:
        """`failures`: what `storage` raises while it does not answer."""
        self._storage = storage
        self._failures = failures
        self._limiter = MovingWindowRateLimiter(storage)

    def answers(self) -> bool:
        """Whether requests can be counted now."""
        return bool(self._storage.check())

    def take(self, key_id: int, per_minute: int) -> float | None:
        """Count one request. None: it may pass; otherwise the seconds after which it is worth trying again.

        Raises `StoreAway` where what it is counted in, Redis, does not answer.
        """
        item = _AMinute(per_minute)
        try:
            if self._limiter.hit(item, "key", str(key_id)):
                return None
            reset_at = self._limiter.get_window_stats(item, "key", str(key_id)).reset_time
        except self._failures as error:
            raise StoreAway(type(error).__name__) from None
        return float(max(1, math.ceil(reset_at - time.time())))


def rates_in(store: str, database: Database | None) -> Rates:
    """Rates kept where a setting says: `memory`, `database`, or a Redis URL."""
    if store == "memory":
        return Rates(MemoryStorage())
    if store == "database":
        if database is None:
            raise SettingsError("server.rate_store: there is no database when serving without keys", hint="memory")
        return Rates(DatabaseStorage(database))
    try:
        storage = storage_from_string(store)
    except (ConfigurationError, ImportError, ValueError) as error:
        # The URL may hold a password: it is not quoted, and neither is the error that may quote it.
        raise SettingsError(
            f"server.rate_store cannot be used ({type(error).__name__})",
            hint="pip install redis, and redis://HOST:6379",
        ) from None
    return Rates(storage, storage.base_exceptions)


class DatabaseStorage(Storage, MovingWindowSupport):
    """`limits` over the server's own database, for several processes without a Redis."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        """None are wrapped."""
        return ValueError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` requests when the window has room for them."""
        now = time.time()
        with self._database.write() as connection:
            # Two servers must not both find the last place free: the key's row is the lock, for the transaction.
            # (SQLite has one writer at a time anyway, and SQLAlchemy leaves the lock out there.)
            identity = key.rpartition("/")[2]
            if identity.isdigit():
                connection.execute(select(keys.c.id).where(keys.c.id == int(identity)).with_for_update())
            connection.execute(delete(hits).where(hits.c.bucket == key, hits.c.at <= now - expiry))
            count = connection.execute(select(func.count()).where(hits.c.bucket == key)).scalar_one()
            if count + amount > limit:
                return False
            connection.execute(insert(hits), [{"bucket": key, "at": now}] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest request of the window came, and how many it has."""
        now = time.time()
        with self._database.read() as connection:
            statement = select(func.min(hits.c.at), func.count()).where(hits.c.bucket == key, hits.c.at > now - expiry)
            oldest, count = connection.execute(statement).one()
        return (now if oldest is None else float(oldest), int(count))

    def check(self) -> bool:
        """Whether the database answers."""
        try:
            with self._database.read() as connection:
                return bool(connection.execute(select(1)).scalar_one())
        except SQLAlchemyError:
            return False

    def reset(self) -> int | None:
        """Forget every request."""
        with self._database.write() as connection:
            return int(connection.execute(delete(hits)).rowcount)

    def clear(self, key: str) -> None:
        """Forget one key's requests."""
        with self._database.write() as connection:
            connection.execute(delete(hits).where(hits.c.bucket == key))

    # Fixed windows, which are not used here.

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Not used: the moving window counts by `acquire_entry`."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """Not used."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Not used."""
        raise NotImplementedError
