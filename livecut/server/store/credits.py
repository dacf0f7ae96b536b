"""Credits of requests in flight: reserved before a network runs, settled with the answer, returned when none comes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from livecut.server.store.database import Database
from livecut.server.store.schema import keys, reservations, runs

__all__ = ["Credits", "Reservation"]

ALIVE_S = 60.0
"""A server of a shared database that was not seen so long is gone."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Credits set aside for one request."""

    id: str
    key_id: int
    credits: int


class Credits:
    """Moves credits of keys so that granted = settled + remaining + reserved holds at every moment.

    Each step is one transaction, so that a server killed between two of them leaves at most a reservation behind,
    which `return_abandoned` gives back; as it does with one of our own that the database would not end.
    """

    def __init__(self, database: Database, run_id: str) -> None:
        self._database = database
        self._run_id = run_id
        self._in_flight: set[str] = set()
        """Reservations that somebody still has; adding and removing are single steps for threads."""

    def reserve(self, key_id: int, credits: int = 1) -> Reservation | None:
        """Set credits aside; None when the key has not enough, or was revoked meanwhile."""
        reservation = Reservation(uuid.uuid4().hex, key_id, credits)
        # Before there is a row, which would otherwise be found without its owner.
        self._in_flight.add(reservation.id)
        try:
            taken = self._reserve(reservation)
        except BaseException:
            self._in_flight.discard(reservation.id)
            raise
        if not taken:
            self._in_flight.discard(reservation.id)
        return reservation if taken else None

    def _reserve(self, reservation: Reservation) -> bool:
        key_id, credits = reservation.key_id, reservation.credits
        with self._database.write() as connection:
            taken = connection.execute(
                update(keys)
                .where(keys.c.id == key_id, keys.c.remaining >= credits, keys.c.revoked_at.is_(None))
                .values(remaining=keys.c.remaining - credits)
            )
            if taken.rowcount != 1:
                return False
            connection.execute(
                insert(reservations).values(id=reservation.id, key_id=key_id, credits=credits, run_id=self._run_id)
            )
        return True

    def settle(self, reservation: Reservation) -> int | None:
        """Count reserved credits as used and answer what the key has left; None when they were returned meanwhile.

        Raises SQLAlchemy's errors; `return_abandoned` then gives the credits back.
        """
        return self._end(reservation, {"settled": keys.c.settled + reservation.credits})

    def release(self, reservation: Reservation) -> int | None:
        """Give reserved credits back; as `settle`."""
        return self._end(reservation, {"remaining": keys.c.remaining + reservation.credits})

    def _end(self, reservation: Reservation, change: dict[str, Any]) -> int | None:
        try:
            try:
                return self._moved(reservation, change)
            except SQLAlchemyError:
                # A connection that broke while it was not used, or somebody who took long: the next try is another.
                return self._moved(reservation, change)
        finally:
            self._in_flight.discard(reservation.id)

    def _moved(self, reservation: Reservation, change: dict[str, Any]) -> int | None:
        with self._database.write() as connection:
            # Whoever deletes the row moves the credits: nothing can be moved twice.
            gone = connection.execute(delete(reservations).where(reservations.c.id == reservation.id))
            if gone.rowcount != 1:
                return None
            connection.execute(update(keys).where(keys.c.id == reservation.key_id).values(change))
            remaining = connection.execute(select(keys.c.remaining).where(keys.c.id == reservation.key_id))
            return int(remaining.scalar_one())

    def seen(self) -> None:
        """Say that this server is alive."""
        now = self._database.clock()
        with self._database.write() as connection:
            if connection.execute(update(runs).where(runs.c.id == self._run_id).values(seen_at=now)).rowcount == 0:
                connection.execute(insert(runs).values(id=self._run_id, seen_at=now))

    def return_abandoned(self, *, alone: bool) -> int:
        """Give back what servers that are gone had reserved, and what of ours nobody has any more; answer how many.

        `alone`: no other server can be using the database, so that all others are gone; otherwise those are that
        were not seen for a minute.
        """
        with self._database.write() as connection:
            gone = runs.c.id != self._run_id
            if not alone:
                gone = gone & (runs.c.seen_at < self._database.clock() - ALIVE_S)
                known = select(runs.c.id)
                left = or_(
                    reservations.c.run_id.in_(select(runs.c.id).where(gone)), reservations.c.run_id.not_in(known)
                )
            else:
                left = reservations.c.run_id != self._run_id
            left = or_(left, reservations.c.run_id == self._run_id)
            returned = 0
            for row in connection.execute(select(reservations).where(left)).mappings().all():
                if row["id"] in self._in_flight:
                    continue
                # Another server may be returning the same one: whoever deletes it moves the credits.
                if connection.execute(delete(reservations).where(reservations.c.id == row["id"])).rowcount != 1:
                    continue
                returned += 1
                connection.execute(
                    update(keys).where(keys.c.id == row["key_id"]).values(remaining=keys.c.remaining + row["credits"])
                )
            connection.execute(delete(runs).where(gone))
        return returned
