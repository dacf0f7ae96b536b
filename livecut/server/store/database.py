"""The database behind keys and credits: an SQLite file, or whatever SQLAlchemy URL is set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import platformdirs
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from livecut.errors import SettingsError
from livecut.server.store.schema import metadata

__all__ = ["Database", "default_url"]

_HINT = "an SQLAlchemy URL, e.g. sqlite:////var/lib/livecut/keys.sqlite3 or postgresql+psycopg://..."


def default_url() -> URL:
    """An SQLite file among the user's data."""
    path = platformdirs.user_data_path("livecut", appauthor=False) / "keys.sqlite3"
    # As text SQLAlchemy below 2.1 would read it otherwise: what follows a ? in a folder's name was no path any more.
    return URL.create("sqlite", database=str(path))


class Database:
    """Short transactions, safe from several threads and processes; tables are made when they are absent."""

    def __init__(self, url: str | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        try:
            parsed = make_url(url) if url else default_url()
            self.is_sqlite = parsed.get_backend_name() == "sqlite"
            self.path = _file_of(parsed) if self.is_sqlite else None
            self._engine = _engine(parsed, self.path)
        except ArgumentError:
            # The URL may hold a password: it is not quoted, and neither is the error that may quote it.
            raise SettingsError("server.database cannot be used", hint=_HINT) from None
        except (ImportError, OSError) as error:
            place = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
            reason = getattr(error, "strerror", None) or error
            raise SettingsError(f"server.database cannot be used: {place}{reason}", hint=_HINT) from error
        # SQLite has one writer at a time; waiting here is fairer, and cheaper, than its own polling.
        self._writing = threading.Lock() if self.is_sqlite else nullcontext()
        try:
            with self.write() as connection:
                metadata.create_all(connection)
        except (SQLAlchemyError, SettingsError) as error:
            self.close()
            raise SettingsError(
                f"server.database cannot be opened ({type(error).__name__})",
                hint="check that it exists and is writable",
            ) from None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may change rows; committed at the end, undone when something is raised."""
        with self._writing, self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only looks."""
        with self._engine.connect().execution_options(livecut_reads=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._engine.dispose()


def _file_of(url: URL) -> Path | None:
    if url.database in (None, "", ":memory:"):
        raise OSError("keys in memory would be gone with the process")
    return Path(str(url.database))


def _engine(url: URL, path: Path | None) -> Engine:
    if path is None:
        return create_engine(url, pool_pre_ping=True)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)  # key digests are nobody else's business
    engine = create_engine(url, connect_args={"timeout": 30.0, "check_same_thread": False}, pool_size=8)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # The driver's own idea of when a transaction begins is too late for reading before writing.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("livecut_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
