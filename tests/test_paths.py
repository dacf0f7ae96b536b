"""Whatever a user writes is a path or none; nothing raises."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.paths import existing, expanded


def test_what_is_there_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert existing(str(tmp_path / "a.png")) == existing("~/a.png") == tmp_path / "a.png"
    assert existing("~") == expanded("~") == tmp_path
    assert existing(str(tmp_path / "b.png")) is None


@pytest.mark.parametrize("text", ["~nosuchuser/x", "a" * 5000, "a\0b", "\ud800"])
def test_what_can_be_no_path_is_none(text: str) -> None:
    assert existing(text) is None
    assert expanded(text) == Path(text)


@given(st.text(max_size=40))
def test_nothing_raises(text: str) -> None:
    found = existing(text)
    assert found is None or found.exists()
