"""Whether any program captures from a virtual camera of v4l2loopback."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from livecut import v4l2

__all__ = ["Audience", "Usage", "open_usage"]

SUBSCRIBE_EVENT: Final = 0x4020565A
UNSUBSCRIBE_EVENT: Final = 0x4020565B
DQEVENT: Final = 0x80885659
CLIENT_USAGE: Final = 0x08000000 + 0x08E00000 + 1
"""The module's own event: how many programs capture. Of 0.13 and newer, and of Ubuntu's 0.12."""
SEND_INITIAL: Final = 1
_COUNT_AT: Final = 8
"""Of the event's own data in `struct v4l2_event`."""
_EVENT_BYTES: Final = 136

Ask: TypeAlias = Callable[[int, bytearray], None]
"""One request on an open device, answered in place; raises `OSError`."""


class Usage:
    """How many programs capture, as the driver counts them now.

    Subscribed anew for every look: the driver then tells what holds, so that a change that it did not tell of (a reader
    that was killed, one that uses read()) is seen all the same.
    """

    def __init__(self, ask: Ask, close: Callable[[], object]) -> None:
        """Raises `OSError` where the driver knows no such event."""
        self._ask, self._close = ask, close
        self.count = self._now()

    def look(self) -> int:
        """How many capture now; the last that was known where the driver does not answer."""
        with contextlib.suppress(OSError):
            self._ask(UNSUBSCRIBE_EVENT, self._subscription())
            self.count = self._now()
        return self.count

    def close(self) -> None:
        """Give the device back."""
        self._close()

    def _now(self) -> int:
        self._ask(SUBSCRIBE_EVENT, self._subscription(SEND_INITIAL))
        event = bytearray(_EVENT_BYTES)
        self._ask(DQEVENT, event)
        return int(struct.unpack_from("=I", event, _COUNT_AT)[0])

    @staticmethod
    def _subscription(flags: int = 0) -> bytearray:
        return bytearray(struct.pack("=8I", CLIENT_USAGE, 0, flags, 0, 0, 0, 0, 0))


def open_usage(path: str) -> Usage | None:
    """For a device that tells who captures; None for any other."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return Usage(lambda request, data: fcntl.ioctl(device, request, data, True) and None, lambda: os.close(device))
    except OSError:
        os.close(device)
        return None


class Audience:
    """Looks whether somebody watches one virtual camera. Used by one thread; cheap enough for a look every few frames.

    Where the module has no event for it (v4l2loopback 0.12 as Debian has it), whatever else has one of its devices open
    counts as somebody: the module's own count of users, less the times this process has one open. That takes a program
    that only keeps the device open for a viewer, and so errs on the side of filming as if nobody had asked.
    """

    def __init__(
        self,
        path: str,
        *,
        host: v4l2.Host = v4l2.LIVE,
        usage: Callable[[str], Usage | None] = open_usage,
        own: Path = Path("/proc/self/fd"),
    ) -> None:
        """`own` is where the system lists what this process has open."""
        self._usage = usage(path)
        self._host, self._own = host, own
        # Once: to ask every device again and again would keep cameras awake.
        self._devices = {node.path for node in v4l2.nodes(host) if node.is_loopback} if self._usage is None else set()
        self._twice = False

    @property
    def is_exact(self) -> bool:
        """Whether the driver itself tells who captures."""
        return self._usage is not None

    def is_there(self) -> bool | None:
        """None where it cannot be told at all."""
        if self._usage is not None:
            return self._usage.look() > 0
        users = v4l2.loopback_users(self._host)
        if users is None:
            return None
        others = users - self._own_opens() > 0
        # Seen twice: programs that list cameras open each for a moment.
        there, self._twice = others and self._twice, others
        return there

    def close(self) -> None:
        """Give the device back. Idempotent."""
        usage, self._usage = self._usage, None
        if usage is not None:
            usage.close()

    def _own_opens(self) -> int:
        count = 0
        for link in self._own.iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                count += str(link.readlink()) in self._devices
        return count
