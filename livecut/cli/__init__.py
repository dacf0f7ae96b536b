"""The command line; each command is a module that imports what it needs only when it runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of the `livecut` command: runs it and ends the process with its exit code."""
    import contextlib
    import multiprocessing
    import os
    import signal
    import sys

    # The card's signal waits for the run's handler (`Watch`), before which it would end the program.
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    if command == "run" and hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        from livecut.cli.streams import ready_streams

        ready_streams()
        # numba makes a lock that processes share where new ones are forks of this one, or of a server: with Python 3.14
        # that takes a process more, which has something to say about the lock when livecut ends. livecut never forks.
        multiprocessing.set_start_method("spawn", force=True)
        from livecut.cli.program import run_program

        code = run_program(sys.argv[1:])
    except KeyboardInterrupt:  # while modules were still being read
        code = 0 if sys.argv[1:2] == ["run"] else 130
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # Everything is closed and written by now. The interpreter's ordinary end would take seconds to tear down the
    # libraries, and abort if a thread was left behind in a driver, a network or a compiler.
    os._exit(code)
