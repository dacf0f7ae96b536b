"""One process at a time where several would write the same file."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from livecut.locks import lock_now

__all__ = ["alone_at"]

log = logging.getLogger(__name__)

_PAUSE_S = 0.1
_HELD = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})


@contextlib.contextmanager
def alone_at(path: Path) -> Iterator[None]:
    """Wait until nobody else is inside for `path`, by a lock beside it that ends with its process, and is removed.

    Where a file system knows no locks, nobody waits. Raises `OSError` when the lock's file cannot be made.
    """
    lock = path.with_name(f"{path.name}.lock")
    file = _locked(lock)
    try:
        yield
    finally:
        # Before it is let go: who waits for it sees that it is another file by then.
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(file)


def _locked(lock: Path) -> int:
    told = False
    while True:
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock_now(file)
            if _is(file, lock):
                return file
        except OSError as error:
            if error.errno not in _HELD:
                return file
        os.close(file)
        if not told:
            log.warning("another livecut fetches %s: waiting for it", lock.stem)
            told = True
        time.sleep(_PAUSE_S)


def _is(file: int, lock: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), lock.stat())
    except FileNotFoundError:
        return False
