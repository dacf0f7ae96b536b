"""Every setting has a description, so that the help, the panel and the schema can be drawn from the tree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

from livecut.settings import Settings


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
