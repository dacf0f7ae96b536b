"""API keys: made, listed, granted credits, revoked. Stored hashed, so that a copy of the database opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from livecut.errors import SettingsError
from livecut.server.store.database import Database
from livecut.server.store.schema import keys, reservations
from livecut.wire.clipdrop import DEFAULT_CREDITS, DEFAULT_PER_MINUTE

__all__ = ["ApiKey", "Keys"]

_PREFIX_CHARS = 8


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key as it is known afterwards; the key itself is shown once, when it is made."""

    id: int
    name: str
    prefix: str
    made_at: float
    """Seconds since 1970."""
    revoked: bool
    per_minute: int
    granted: int
    settled: int
    remaining: int
    reserved: int = 0
    """Credits of requests in flight."""


class Keys:
    """The keys in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, name: str, *, credits: int = DEFAULT_CREDITS, per_minute: int = DEFAULT_PER_MINUTE
    ) -> tuple[ApiKey, str]:
        """Make a key; the second value is the key itself, which cannot be had again."""
        _checked(credits, per_minute)
        name = name.strip()
        if not 0 < len(name) <= 200 or not name.isprintable():
            raise SettingsError("a key's name has 1 to 200 characters", hint="livecut keys add NAME")
        secret = f"lc_{secrets.token_urlsafe(32)}"
        row = {
            "name": name,
            "prefix": secret[:_PREFIX_CHARS],
            "digest": _digest(secret),
            "made_at": self._database.clock(),
            "per_minute": per_minute,
            "granted": credits,
            "settled": 0,
            "remaining": credits,
        }
        with self._database.write() as connection:
            result = connection.execute(insert(keys).values(row))
            identity = result.inserted_primary_key
        assert identity is not None
        return self._get(int(identity[0])), secret

    def all(self) -> list[ApiKey]:
        """Every key, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_selected().order_by(keys.c.id)).mappings().all()
        return [_key(row) for row in rows]

    def find(self, secret: str) -> ApiKey | None:
        """The key a client sent, revoked or not; None for one that was never made."""
        # Keys are long and random: one round of a fast hash is as good as a slow one, and the index leaks nothing.
        with self._database.read() as connection:
            row = connection.execute(_selected().where(keys.c.digest == _digest(secret))).mappings().one_or_none()
        return None if row is None else _key(row)

    def revoke(self, which: str) -> ApiKey:
        """Refuse a key from now on. Its counts stay."""
        key = self._named(which)
        with self._database.write() as connection:
            connection.execute(
                update(keys)
                .where(keys.c.id == key.id, keys.c.revoked_at.is_(None))
                .values(revoked_at=self._database.clock())
            )
        return self._get(key.id)

    def grant(self, which: str, *, credits: int = 0, per_minute: int | None = None) -> ApiKey:
        """Give a key more credits, another rate, or both."""
        key = self._named(which)
        if key.revoked:
            raise SettingsError(f"key {key.id} ({key.name}) is revoked", hint="make another: livecut keys add NAME")
        _checked(credits, key.per_minute if per_minute is None else per_minute)
        changes: dict[str, Any] = {"granted": keys.c.granted + credits, "remaining": keys.c.remaining + credits}
        if per_minute is not None:
            changes["per_minute"] = per_minute
        with self._database.write() as connection:
            connection.execute(update(keys).where(keys.c.id == key.id).values(changes))
        return self._get(key.id)

    def _get(self, key_id: int) -> ApiKey:
        with self._database.read() as connection:
            return _key(connection.execute(_selected().where(keys.c.id == key_id)).mappings().one())

    def _named(self, which: str) -> ApiKey:
        """The one key with this number, name or beginning."""
        which = which.strip()
        wanted = [keys.c.name == which, keys.c.prefix == which[:_PREFIX_CHARS] if len(which) >= _PREFIX_CHARS else None]
        if which.isascii() and which.isdigit() and len(which) < 10:
            wanted.append(keys.c.id == int(which))
        with self._database.read() as connection:
            statement = _selected().where(or_(*(one for one in wanted if one is not None)))
            found = [_key(row) for row in connection.execute(statement).mappings()]
        if len(found) > 1:
            found = [key for key in found if str(key.id) == which] or found
        if len(found) != 1:
            raise SettingsError(
                "several keys are called that" if found else "there is no such key",
                hint="livecut keys list; name it by its number" if found else "livecut keys list",
            )
        return found[0]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _selected() -> Any:
    reserved = (
        select(func.coalesce(func.sum(reservations.c.credits), 0))
        .where(reservations.c.key_id == keys.c.id)
        .scalar_subquery()
        .label("reserved")
    )
    return select(keys, reserved)


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        prefix=row["prefix"],
        made_at=row["made_at"],
        revoked=row["revoked_at"] is not None,
        per_minute=row["per_minute"],
        granted=row["granted"],
        settled=row["settled"],
        remaining=row["remaining"],
        reserved=int(row["reserved"]),
    )


def _checked(credits: int, per_minute: int) -> None:
    if not 0 <= credits <= 1_000_000_000:
        raise SettingsError("credits are between 0 and 1,000,000,000", hint="--credits 100")
    if not 1 <= per_minute <= 1_000_000:
        raise SettingsError("a rate is between 1 and 1,000,000 requests a minute", hint="--rate 60")
