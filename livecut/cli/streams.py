"""The standard streams: there for every command, and no reason for one to fail."""

from __future__ import annotations

import contextlib
import os
import sys
from io import TextIOWrapper

__all__ = ["ready_streams", "tell"]


def ready_streams() -> None:
    """Put nothing where a stream was closed, and let output take every character.

    What is opened later would else get the closed stream's number, and whatever a library prints would go into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error has it


def tell(text: str, *, end: str = "\n") -> None:
    """Print to standard error, whether or not anybody reads it or there is room: the work goes on."""
    with contextlib.suppress(OSError):
        print(text, end=end, file=sys.stderr, flush=True)
