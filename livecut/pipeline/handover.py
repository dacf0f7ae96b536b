"""Hands a new plan to the process thread at a frame boundary; every plan is closed exactly once."""

from __future__ import annotations

import threading

from livecut.pipeline.plan import AnyPlan

__all__ = ["Handover"]


class Handover:
    """Holds at most one plan that waits for its turn. Whoever takes a plan out owns it and closes it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: AnyPlan | None = None
        self._closed = False

    def offer(self, plan: AnyPlan) -> None:
        """Leave a warm plan; one that still waited is closed, and so is this one after `close`."""
        with self._condition:
            unused, self._waiting = (plan, None) if self._closed else (self._waiting, plan)
            self._condition.notify_all()
        if unused is not None:
            unused.close()

    def take(self, timeout_s: float = 0.0) -> AnyPlan | None:
        """The plan that waits, if there is one within the time."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting is not None or self._closed, timeout_s)
            plan, self._waiting = self._waiting, None
            return plan

    def close(self) -> None:
        """Close what waits and take nothing more. Idempotent."""
        with self._condition:
            unused, self._waiting = self._waiting, None
            self._closed = True
            self._condition.notify_all()
        if unused is not None:
            unused.close()
