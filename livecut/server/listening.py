"""Sockets to listen at, and the addresses they are reached by."""

from __future__ import annotations

import errno
import socket

from livecut.errors import SettingsError

__all__ = ["address", "listen"]


def listen(host: str, port: int, *, any_port: str = "--port 0") -> socket.socket:
    """A socket that listens; port 0 takes a free one, and `any_port` is how a user says so.

    Raises `SettingsError` where it cannot.
    """
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        about_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
        hint = f"{any_port} takes a free one" if about_port else "--host takes an address of this machine"
        raise SettingsError(f"cannot listen at {host} port {port}: {error.strerror}", hint=hint) from error
    # Connections have it from here. asyncio sets it only where a socket is said to be TCP, which this one is not, and
    # without it the body of an answer waits up to 40 ms for the other side to have confirmed its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(listening: socket.socket) -> str:
    """Where a socket listens, as a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
