"""A lock beside an SQLite file that ends with its process, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from livecut.errors import SettingsError

__all__ = ["ServerLock"]


class ServerLock:
    """Held by the one `livecut serve` that uses an SQLite file: what others had reserved there can then be returned."""

    def __init__(self, database: Path) -> None:
        self._file = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._file)
        except OSError as error:
            os.close(self._file)
            raise SettingsError(
                f"another livecut serve uses {database}",
                hint="--workers for more processes, or a server database (server.database) for more machines",
            ) from error

    def close(self) -> None:
        """Let the next one in. Idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
