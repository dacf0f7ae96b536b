from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from livecut.cli.keys import app
from livecut.errors import SettingsError
from livecut.server.store.database import Database
from livecut.server.store.keys import Keys


def run(folder: Path, *arguments: str, by_setting: bool = False) -> str:
    url = f"sqlite:///{folder / 'keys.sqlite3'}"
    where = ["--set", f"server.database={url}"] if by_setting else ["--database", url]
    result = CliRunner().invoke(app, [*arguments, *where], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def _no_settings_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("livecut.cli.flags.user_file", lambda: tmp_path / "absent.toml")


def test_a_key_from_its_making_to_its_end(tmp_path: Path) -> None:
    secret = run(tmp_path, "add", "me").strip()
    assert secret.startswith("lc_")
    assert "\n" not in secret  # alone on stdout, for KEY=$(livecut keys add me)
    assert run(tmp_path, "grant", "me", "--credits", "7", "--rate", "600") == (
        "key 1 (me): 107 credits left of 107, 600 requests a minute\n"
    )
    head, row = run(tmp_path, "list").splitlines()
    assert head.split() == ["id", "name", "key", "made", "granted", "settled", "remaining", "reserved", "a", "minute"]
    assert row.split()[:3] == ["1", "me", f"{secret[:8]}..."]
    assert row.split()[4:] == ["107", "0", "107", "0", "600"]
    assert secret not in row
    assert run(tmp_path, "revoke", "1") == "key 1 (me) is revoked\n"
    assert run(tmp_path, "list").splitlines()[1].endswith("revoked")
    database = Database(f"sqlite:///{tmp_path / 'keys.sqlite3'}")
    found = Keys(database).find(secret)
    database.close()
    assert found is not None
    assert found.revoked


def test_credits_and_rate_to_begin_with(tmp_path: Path) -> None:
    run(tmp_path, "add", "rich", "--credits", "700", "--rate", "9000")
    row = run(tmp_path, "list").splitlines()[1].split()
    assert (row[4], row[6], row[8]) == ("700", "700", "9000")


def test_the_database_by_setting(tmp_path: Path) -> None:
    secret = run(tmp_path, "add", "me", by_setting=True).strip()
    assert secret[:8] in run(tmp_path, "list")
    for command in (("grant", "me", "--credits", "1"), ("list",), ("revoke", "me")):
        assert "me" in run(tmp_path, *command, by_setting=True)


def test_a_revoked_key_is_granted_nothing(tmp_path: Path) -> None:
    run(tmp_path, "add", "me")
    run(tmp_path, "revoke", "me")
    with pytest.raises(SettingsError, match=r"^key 1 \(me\) is revoked$") as caught:
        run(tmp_path, "grant", "me", "--credits", "7")
    assert caught.value.hint == "make another: livecut keys add NAME"
    assert run(tmp_path, "list").splitlines()[1].split()[4] == "100"


def test_no_keys_yet(tmp_path: Path) -> None:
    assert len(run(tmp_path, "list").splitlines()) == 1


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^there is no such key$"):
        run(tmp_path, "revoke", "nobody")
