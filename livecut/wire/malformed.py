"""The error for a message that does not follow its contract."""

from __future__ import annotations

__all__ = ["Malformed"]


class Malformed(ValueError):
    """A message that does not follow its contract; which side is to blame, only the caller knows.

    Its text never holds more than a short excerpt of the message.
    """
