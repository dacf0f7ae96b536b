"""The command line; each command is a module that imports what it needs only when it runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of the `livecut` command: runs it and ends the process with its exit code."""
    import os
    import sys
    import threading

    from livecut.cli.program import run_program

    code = run_program(sys.argv[1:])
    if threading.active_count() > 1:
        # A thread was left behind in a driver, a network or a compiler. The interpreter's ordinary end would pull the
        # libraries away under it, which aborts the process and loses the exit code.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
