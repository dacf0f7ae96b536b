"""The command line; each command is a module that imports what it needs only when it runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of the `livecut` command: runs it and ends the process with its exit code."""
    import sys

    from livecut.cli.program import run_program

    sys.exit(run_program(sys.argv[1:]))
