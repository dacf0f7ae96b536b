"""Every setting has a description, so that the help, the panel and the schema can be drawn from the tree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.load import apply


def _fields(section: type[BaseModel], path: str = "") -> Iterator[tuple[str, str | None]]:
    for name, field in section.model_fields.items():
        yield path + name, field.description
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, f"{path}{name}.")


def test_every_setting_is_described() -> None:
    described = dict(_fields(Settings))
    assert [path for path, text in described.items() if not text] == []
    assert "effect.blur.radius_px" in described


def test_the_tree_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().effect.name = "none"  # type: ignore[misc]


def test_the_schema_refuses_unknown_keys_everywhere() -> None:
    schema = Settings.model_json_schema()
    tables = [schema, *schema["$defs"].values()]
    assert all(table["additionalProperties"] is False for table in tables)


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("source", "stale_after_s", 1e10),
        ("source", "timeout_s", 1e10),
        ("source", "fps", 0.0004),
        ("output", "fps", 0.0004),
        ("governor", "target_fps", 1e-300),
        ("motion_gate", "max_age_ms", 1e-7),
        ("server", "decode_timeout_s", 1e10),
    ],
)
def test_what_would_end_in_a_programming_error_is_refused(table: str, key: str, value: float) -> None:
    with pytest.raises(SettingsError, match=rf"^{table}\.{key}"):
        apply(Settings(), {table: {key: value}})


def test_a_home_needs_no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("USERPROFILE", "/home/somebody")
    settings = apply(Settings(), {"output": {"sinks": ("~/out.mp4", "~/frames/", "virtualcam:~", "null")}})
    assert settings.output.sinks == ("/home/somebody/out.mp4", "/home/somebody/frames/", "virtualcam:~", "null")
