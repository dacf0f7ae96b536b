"""Locks on open files, which the system lets go of with their process, however that ends."""

from __future__ import annotations

import sys

__all__ = ["lock_now"]

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def lock_now(file: int, *, shared: bool = False) -> None:
        """Lock an open file, whatever is `shared`. Raises `OSError` when somebody else has."""
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def lock_now(file: int, *, shared: bool = False) -> None:
        """Lock an open file, or hold it `shared` with others that do. Raises `OSError` when somebody else locked it."""
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
