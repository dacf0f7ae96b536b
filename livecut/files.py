"""Files opened to be read, without waiting for whoever is to write into what turns out to be a pipe."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from pathlib import Path
from typing import IO, Final

__all__ = ["open_file", "read_all"]

PATIENCE_S: Final = 2.0
"""Programs that are started together open their ends of a pipe one after the other."""
_LOOK_S: Final = 0.02


def open_file(path: str | Path, *, pipes: bool = False) -> IO[bytes]:
    """A file open to be read. Raises `OSError`, also for a pipe or a device unless `pipes`: `read_all` reads those."""
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115  a path's own `open` takes no opener
    try:
        mode = os.fstat(file.fileno()).st_mode
        if not (pipes or stat.S_ISREG(mode)):
            what = "a pipe" if stat.S_ISFIFO(mode) else "a device"
            raise OSError(errno.EINVAL, f"it is {what}, not a file", str(path))
        if hasattr(os, "O_NONBLOCK") and not stat.S_ISFIFO(mode):
            os.set_blocking(file.fileno(), True)
    except BaseException:
        file.close()
        raise
    return file


def read_all(file: IO[bytes], most: int = -1) -> bytes:
    """What is in a file of `open_file`, at most so many bytes. Raises `OSError` for a pipe nobody writes into."""
    begun = b""
    if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
        begun = _begun(file.fileno())
        os.set_blocking(file.fileno(), True)
    return begun + file.read(max(most - len(begun), 0) if most >= 0 else -1)


def _begun(pipe: int) -> bytes:
    """The first byte that is in a pipe; none where its writer has not written yet, or never will."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            if byte := os.read(pipe, 1):
                return byte
        except BlockingIOError:
            return b""
        if _is_over(pipe):
            return b""
        if time.monotonic() > end:
            raise OSError(errno.EPIPE, "nobody writes into this pipe")
        time.sleep(_LOOK_S)


def _is_over(pipe: int) -> bool:
    """Whether a pipe that has no writer now had one, which makes it an empty file."""
    other, another = os.pipe()
    try:
        # A pipe without a name had one before it could be opened here, of which this opening has seen nothing.
        if os.fstat(pipe).st_dev == os.fstat(other).st_dev:
            return True
    finally:
        os.close(other)
        os.close(another)
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def _without_waiting(path: str, flags: int) -> int:
    # The end of a pipe that is read from opens only once there is one that is written to.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
