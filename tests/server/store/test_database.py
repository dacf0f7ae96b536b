from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.engine import URL

from livecut.errors import SettingsError
from livecut.server.store.database import Database, default_url
from livecut.server.store.schema import hits


def test_a_transaction_is_whole_or_not_at_all(database: Database) -> None:
    with pytest.raises(RuntimeError, match="in the middle"), database.write() as connection:
        connection.execute(insert(hits).values(bucket="a", at=1.0))
        raise RuntimeError("in the middle")
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(hits)).scalar_one() == 0


def test_threads_write_one_after_the_other(database: Database) -> None:
    def count_up() -> None:
        for _ in range(20):
            with database.write() as connection:
                highest = connection.execute(select(func.coalesce(func.max(hits.c.at), 0.0))).scalar_one()
                connection.execute(insert(hits).values(bucket="a", at=highest + 1.0))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(select(func.max(hits.c.at))).scalar_one() == 80.0


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_the_file_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.sqlite3"
    Database(f"sqlite:///{path}").close()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="names there hold no ?")
@pytest.mark.parametrize("name", ["a?b", "a?mode=memory&x", "a#b", "a%b", "a%20b", "a b", "ä", "a@b:c", "a+b"])
def test_keys_are_among_the_users_data_whatever_that_folder_is_called(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / name / "livecut")
    assert isinstance(default_url(), URL)  # of its texts some versions of SQLAlchemy make another path
    database = Database()
    with database.write() as connection:
        connection.execute(insert(hits).values(bucket="a", at=1.0))
    database.close()
    assert database.path == tmp_path / name / "livecut" / "keys.sqlite3"
    assert database.path.stat().st_size > 0
    assert list(tmp_path.iterdir()) == [tmp_path / name]


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite://", "sqlite:///:memory:", "oracle+nothing://u:sesame@h/d", "sqlite:////proc/x/keys"]
)
def test_a_url_that_cannot_be_used_is_not_quoted(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^server\.database cannot be (used|opened)") as caught:
        Database(url)
    assert "sesame" not in str(caught.value) + caught.value.hint
    assert caught.value.__cause__ is None or "sesame" not in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///{folder}/file/keys.sqlite3", "{folder}/file: File exists"),
        ("sqlite://", "keys in memory would be gone with the process"),
        ("postgresql+livecut_nosuch://me:secret@host/keys", ""),
    ],
)
def test_why_it_cannot_be_used_is_told(url: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError) as caught:
        Database(url.format(folder=tmp_path))
    said = reason.format(folder=tmp_path)
    assert caught.value.message == f"server.database cannot be used{': ' if said else ''}{said}"


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"^server\.database cannot be used: .*psycopg"):
        Database("postgresql+psycopg://me:secret@host/keys")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite3"
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(SettingsError, match=r"^server\.database cannot be opened \(DatabaseError\)$"):
        Database(f"sqlite:///{path}")
