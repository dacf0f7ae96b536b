"""Sockets to listen at, and the addresses they are reached by."""

from __future__ import annotations

import socket

from livecut.errors import SettingsError

__all__ = ["address", "listen"]


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises `SettingsError` where it cannot."""
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(
            f"cannot listen at {host} port {port}: {error.strerror}", hint="--port 0 takes a free one"
        ) from error


def address(listening: socket.socket) -> str:
    """Where a socket listens, as a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
