"""Pictures through standard input and output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from livecut.app.still_files import PIPE, write_whole
from livecut.errors import ImageError, SettingsError

__all__ = ["deliver", "read_all", "write_all"]

_MAX_BYTES: Final = 256 << 20


def read_all() -> bytes:
    """Everything on standard input. Raises `ImageError` when there is nothing, or more than a picture can have."""
    data = sys.stdin.buffer.read(_MAX_BYTES + 1)
    if not data:
        raise ImageError("standard input is empty", hint="pipe a picture in, or name a file")
    if len(data) > _MAX_BYTES:
        raise ImageError(f"standard input has more than {_MAX_BYTES >> 20} MiB")
    return data


def write_all(data: bytes) -> None:
    """Write a picture to standard output. Raises `SettingsError` at a terminal, which it would garble."""
    if sys.stdout.isatty():
        raise SettingsError("a picture is not written to a terminal", hint="redirect it, or name a file with -o")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def deliver(data: bytes, output: Path | None) -> None:
    """A piped picture's result: to standard output, or to the file that was named. Raises `LivecutError`."""
    if output is None or str(output) == PIPE:
        write_all(data)
    else:
        write_whole(output, data)
