"""Pictures through standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from livecut.app.still_files import PIPE, expand, kind_of, refuse_what_is_there, write_whole
from livecut.app.still_image import MAX_BYTES, read_still
from livecut.errors import DeviceUnavailable, ImageError, SettingsError

__all__ = ["Piped", "is_piped", "piped_from", "piped_to", "write_out"]


@dataclass(frozen=True, slots=True)
class Piped:
    """One picture that comes or goes through a pipe."""

    source: Path | None
    """Its file; None for standard input."""

    @property
    def name(self) -> str:
        """What it is called where something is said of it."""
        return "the piped picture" if self.source is None else str(self.source)

    def read(self) -> bytes:
        """Its bytes. Raises `ImageError` when there are none, or more than a picture can have."""
        return _read_all() if self.source is None else read_still(self.source)


def is_piped(images: Sequence[str], output: Path | None) -> bool:
    """True when a picture comes from standard input, or its result is to go to standard output."""
    return list(images) == [PIPE] or str(output) == PIPE


def piped_from(images: Sequence[str]) -> Piped:
    """The one picture named, or what is on standard input.

    Raises `ImageError` when there is none, `SettingsError` for several: their results cannot be told apart in a pipe.
    """
    if list(images) == [PIPE]:
        return Piped(None)
    sources, missing = expand(images)
    count = len(sources) + len(missing)
    if count > 1:
        raise SettingsError(f"{count} pictures cannot go to standard output", hint="give -o a folder")
    if missing:
        raise missing[0]
    return Piped(sources[0])


def _read_all() -> bytes:
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if not data:
        raise ImageError("standard input is empty", hint="pipe a picture in, or name a file")
    if len(data) > MAX_BYTES:
        raise ImageError(f"standard input has more than {MAX_BYTES >> 20} MiB")
    return data


def piped_to(output: Path | None, suffix: str, tag: str, *, force: bool) -> Path | None:
    """Where a piped picture's result goes: None for standard output, a file, or `stdin.suffix` in a folder.

    `tag` is its kind. Raises `SettingsError` for a name that is not written here, and, unless `force`, where another
    file has the name in the folder.
    """
    if output is None or str(output) == PIPE:
        return None
    if kind_of(output) is not None:
        return output
    target = output / f"stdin{suffix}"
    if not force:
        refuse_what_is_there(target, tag)
    return target


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
