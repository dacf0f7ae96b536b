"""Hands a new plan to the process thread at a frame boundary; every plan is closed exactly once."""

from __future__ import annotations

import threading

from livecut.pipeline.plan import AnyPlan

__all__ = ["Handover"]


class Handover:
    """Holds at most one plan that waits for its turn. Whoever takes a plan out owns it and closes it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: tuple[AnyPlan, int] | None = None
        self._closed = False

    def offer(self, plan: AnyPlan, era: int = 0) -> None:
        """Leave a warm plan of an era; one that still waited is closed, and so is this one after `close`."""
        offered = plan, era
        with self._condition:
            unused, self._waiting = (offered, None) if self._closed else (self._waiting, offered)
            self._condition.notify_all()
        if unused is not None:
            unused[0].close()

    def take(self, timeout_s: float = 0.0) -> tuple[AnyPlan, int] | None:
        """The plan that waits, with its era, if there is one within the time."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting is not None or self._closed, timeout_s)
            offered, self._waiting = self._waiting, None
            return offered

    def close(self) -> None:
        """Close what waits and take nothing more. Idempotent."""
        with self._condition:
            unused, self._waiting = self._waiting, None
            self._closed = True
            self._condition.notify_all()
        if unused is not None:
            unused[0].close()
