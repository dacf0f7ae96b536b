from __future__ import annotations

from pathlib import Path

import pytest

from livecut.errors import SettingsError
from livecut.server.store.database import Database
from livecut.server.store.keys import Keys


def test_a_new_key_has_the_documented_defaults(database: Database) -> None:
    key, secret = Keys(database).add("me")
    assert (key.id, key.name, key.granted, key.settled, key.remaining) == (1, "me", 100, 0, 100)
    assert (key.per_minute, key.reserved, key.revoked) == (60, 0, False)
    assert secret.startswith("lc_")
    assert len(secret) > 40
    assert key.prefix == secret[:8]
    assert Keys(database).find(secret) == key


def test_the_key_itself_is_not_in_the_database(database: Database, tmp_path: Path) -> None:
    _, secret = Keys(database).add("me")
    database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"me" in stored
    assert secret.encode() not in stored
    assert secret[8:].encode() not in stored


@pytest.mark.parametrize("secret", ["", "lc_", "nonsense", "\udcff", "x" * 10_000])
def test_a_key_nobody_made(database: Database, secret: str) -> None:
    Keys(database).add("me")
    assert Keys(database).find(secret) is None


def test_revoke_by_number_name_or_beginning(database: Database) -> None:
    keys = Keys(database)
    made = [keys.add(name) for name in ("a", "b", "c")]
    assert keys.revoke("1").revoked
    assert keys.revoke("b").revoked
    assert keys.revoke(made[2][1]).revoked
    assert all(key.revoked for key in keys.all())
    found = keys.find(made[0][1])
    assert found is not None
    assert found.revoked


def test_grant(database: Database) -> None:
    keys = Keys(database)
    keys.add("me", credits=5)
    assert keys.grant("me", credits=7).remaining == 12
    key = keys.grant("me", per_minute=600)
    assert (key.granted, key.remaining, key.settled, key.per_minute) == (12, 12, 0, 600)


def test_names_that_are_not_one_key(database: Database) -> None:
    keys = Keys(database)
    keys.add("twin")
    keys.add("twin")
    with pytest.raises(SettingsError, match="there is no such key"):
        keys.revoke("nobody")
    with pytest.raises(SettingsError, match="several keys are called that"):
        keys.revoke("twin")
    keys.revoke("2")
    assert [key.revoked for key in keys.all()] == [False, True]


def test_a_name_that_is_another_keys_number(database: Database) -> None:
    keys = Keys(database)
    keys.add("2")
    keys.add("x")
    assert keys.revoke("2").name == "x"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"credits": -1}, "credits are between"),
        ({"credits": 10**10}, "credits are between"),
        ({"per_minute": 0}, "a rate is between"),
        ({"name": "  "}, "a key's name"),
        ({"name": "a\nb"}, "a key's name"),
        ({"name": "x" * 201}, "a key's name"),
    ],
)
def test_nonsense(database: Database, change: dict[str, int], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Keys(database).add(**({"name": "me"} | change))  # type: ignore[arg-type]
    assert Keys(database).all() == []
