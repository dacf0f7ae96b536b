"""The X display that windows open on: whether it answers, and whether it is still there.

OpenCV's Qt ends the whole program where it does not answer, and where it has gone: nothing may be asked of Qt then.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from livecut.errors import DeviceUnavailable

__all__ = ["Connections", "check_display"]

_PF_EXITING: Final = 0x4
_NO_WINDOW: Final = "without a display use --sink OUT.mp4 or --sink virtualcam"


def check_display(environment: Mapping[str, str], connect: Callable[[str], bool] | None = None) -> None:
    """Raise `DeviceUnavailable` where a window cannot open."""
    if sys.platform != "linux":
        return
    display = environment.get("DISPLAY", "")
    if not display:
        hint = "start Xwayland: OpenCV's windows need it" if environment.get("WAYLAND_DISPLAY") else _NO_WINDOW
        raise DeviceUnavailable("there is no display for a window: DISPLAY is not set", hint=hint)
    if not (connect or _answers)(display):
        raise DeviceUnavailable(f"the display {display} does not answer", hint=_NO_WINDOW)


class Connections:
    """This program's own connections to an X display, those of Qt among them, told apart by where they lead.

    A connection made only to watch would not do: the X server hangs up on one that never introduces itself, and it
    need not end together with Qt's.
    """

    def __init__(self, display: str) -> None:
        """Finds those there are; none where there is no /proc."""
        addresses = _addresses(display)
        self._servers: set[int] = set()
        self._poll = select.poll() if sys.platform == "linux" else None
        if self._poll is None:
            return
        for descriptor in _descriptors():
            if _leads_to(descriptor, addresses):
                # Hanging up is always reported; a server elsewhere only says that it sends no more.
                self._poll.register(descriptor, select.POLLRDHUP)
                self._servers |= _server_of(descriptor)

    def alive(self) -> bool:
        """False from the moment on when one of them has ended. Reads nothing from it."""
        return self._poll is None or not (self._poll.poll(0) or any(map(_is_exiting, self._servers)))


def _descriptors() -> list[int]:
    try:
        return [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    except OSError:
        return []


def _leads_to(descriptor: int, addresses: list[tuple[socket.AddressFamily, Any]]) -> bool:
    try:
        link = socket.socket(fileno=descriptor)
    except OSError:  # no socket
        return False
    try:
        peer = link.getpeername()
    except OSError:  # not connected
        return False
    finally:
        link.detach()  # it is not ours to close
    if link.family == socket.AF_UNIX:
        name = os.fsencode(peer)
        return any(family == socket.AF_UNIX and name == os.fsencode(address) for family, address in addresses)
    return any(family == socket.AF_INET and peer[1] == address[1] for family, address in addresses)


def _server_of(descriptor: int) -> set[int]:
    """The process at the other end, where it is on this machine."""
    link = socket.socket(fileno=descriptor)
    try:
        if link.family != socket.AF_UNIX:
            return set()
        process = int.from_bytes(link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 4), sys.byteorder)
        return {process} - {0}  # 0: in another container
    finally:
        link.detach()


def _is_exiting(process: int) -> bool:
    """True while a killed process is taken down: for some 10 ms its connections are open, and nobody serves them."""
    try:
        text = Path(f"/proc/{process}/stat").read_text("latin-1")
    except OSError:
        return False
    return _says_exiting(text)


def _says_exiting(stat: str) -> bool:
    """Of a line of /proc/PID/stat, see proc(5); the name in brackets may hold anything."""
    flags = int(stat.rpartition(")")[2].split()[6])
    return bool(flags & _PF_EXITING)


def _answers(display: str) -> bool:
    """True when something listens there."""
    return any(_connects(family, address) for family, address in _addresses(display))


def _addresses(display: str) -> list[tuple[socket.AddressFamily, Any]]:
    """Where an X display such as :0, unix:0.0 or host:10.0 listens."""
    host, _, numbers = display.rpartition(":")
    number = numbers.partition(".")[0]
    if not number.isdigit():
        return []
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return [(socket.AF_UNIX, f"\0{path}"), (socket.AF_UNIX, path)]
    return [(socket.AF_INET, (host, 6000 + int(number)))]


def _connects(family: socket.AddressFamily, address: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(2.0)
        try:
            client.connect(address)
        except OSError:
            return False
    return True
