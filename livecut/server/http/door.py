"""Who asks, and may they: key, rate and credit of a request, checked before its body is read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from livecut.server.http.turned_away import TurnedAway, Why
from livecut.server.store.credits import Credits, Reservation
from livecut.server.store.keys import ApiKey, Keys
from livecut.server.store.rates import Rates, StoreAway

__all__ = ["Door", "Visit"]

logger = logging.getLogger(__name__)

_RETRY_AFTER_S: Final = 5.0
"""A database or a Redis that is started anew is back by then."""

OPEN_REMAINING = 100
"""What an open server reports as remaining: clients of the contract expect a number, and this one never sinks."""


@contextmanager
def _answering() -> Iterator[None]:
    """Within, a store that does not answer turns the request away: nobody comes in uncounted, and clients try again."""
    try:
        yield
    except (OperationalError, InterfaceError, NoConnection, StoreAway) as error:
        # Its text may quote the address, with a password.
        kind = str(error) if isinstance(error, StoreAway) else type(error).__name__
        logger.warning("a request was turned away: keys or requests cannot be looked up (%s)", kind)
        raise TurnedAway(Why.AWAY, retry_after_s=_RETRY_AFTER_S) from None


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in; its methods block on the database."""

    key: ApiKey | None
    """None at an open server."""
    _credits: Credits | None

    def reserve(self) -> Reservation | None:
        """Set a credit aside; None at an open server. `TurnedAway` when there is none."""
        if self.key is None or self._credits is None:
            return None
        with _answering():
            reservation = self._credits.reserve(self.key.id)
        if reservation is None:
            raise TurnedAway(Why.NO_CREDIT)
        return reservation

    def settle(self, reservation: Reservation | None) -> tuple[int, int]:
        """Count the credit as used: what remains, and what was consumed."""
        if reservation is None or self._credits is None:
            return OPEN_REMAINING, 0
        with _answering():
            remaining = self._credits.settle(reservation)
        if remaining is None:
            # Only when this server seemed dead to another one for a minute: no free answers.
            raise TurnedAway(Why.FAILED, "The request took too long.")
        return remaining, reservation.credits

    def release(self, reservation: Reservation | None) -> None:
        """Give the credit back."""
        if reservation is not None and self._credits is not None:
            self._credits.release(reservation)


class Door:
    """Lets requests in. Without `keys`, everybody; then it must stand on loopback only."""

    def __init__(self, keys: Keys | None, credits: Credits | None, rates: Rates | None) -> None:
        self._keys = keys
        self._credits = credits
        self._rates = rates

    @property
    def is_open(self) -> bool:
        """True when no key is asked for."""
        return self._keys is None

    def enter(self, secret: str | None) -> Visit:
        """Let a request in, or raise `TurnedAway`. Blocks on the database."""
        if self._keys is None:
            return Visit(None, None)
        if not secret:
            raise TurnedAway(Why.NO_KEY)
        with _answering():
            key = self._keys.find(secret)
            if key is None or key.revoked:
                raise TurnedAway(Why.BAD_KEY)
            wait_s = None if self._rates is None else self._rates.take(key.id, key.per_minute)
        if wait_s is not None:
            raise TurnedAway(Why.TOO_OFTEN, retry_after_s=wait_s)
        if key.remaining < 1 and key.reserved < 1:
            # While others hold the last credits, one may still come back: that is decided when its turn comes.
            raise TurnedAway(Why.NO_CREDIT)
        return Visit(key, self._credits)
