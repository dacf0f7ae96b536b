"""Pictures through standard input and output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from livecut.app.still_files import PIPE, kind_of, write_whole
from livecut.errors import DeviceUnavailable, ImageError, SettingsError

__all__ = ["piped_to", "read_all", "write_out"]

_MAX_BYTES: Final = 256 << 20


def read_all() -> bytes:
    """Everything on standard input. Raises `ImageError` when there is nothing, or more than a picture can have."""
    data = sys.stdin.buffer.read(_MAX_BYTES + 1)
    if not data:
        raise ImageError("standard input is empty", hint="pipe a picture in, or name a file")
    if len(data) > _MAX_BYTES:
        raise ImageError(f"standard input has more than {_MAX_BYTES >> 20} MiB")
    return data


def piped_to(output: Path | None, suffix: str) -> Path | None:
    """Where a piped picture's result goes: None for standard output, a file, or `stdin.suffix` in a folder.

    Raises `SettingsError` for a name that is not written here.
    """
    if output is None or str(output) == PIPE:
        return None
    return output if kind_of(output) is not None else output / f"stdin{suffix}"


def write_out(data: bytes, target: Path | None) -> None:
    """Write a result to a file, or to standard output: `SettingsError` at a terminal, which it would garble.

    Raises `DeviceUnavailable` when it cannot be written; that nobody reads on stays a `BrokenPipeError`.
    """
    if target is not None:
        write_whole(target, data)
        return
    if sys.stdout.isatty():
        raise SettingsError("a picture is not written to a terminal", hint="redirect it, or name a file with -o")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise DeviceUnavailable(f"standard output cannot be written: {reason}", hint="name a file with -o") from error
