"""A lock beside an SQLite file that ends with its process, however it ends."""

from __future__ import annotations

import os
from pathlib import Path

from livecut.errors import SettingsError
from livecut.locks import lock_now

__all__ = ["ServerLock"]


class ServerLock:
    """Held by the one `livecut serve` that uses an SQLite file: what others had reserved there can then be returned."""

    def __init__(self, database: Path) -> None:
        self._file = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock_now(self._file)
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
