"""Presets: named patches over what may change while the filter runs."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator

from livecut.settings.live import LIVE

__all__ = ["Presets", "describe_presets"]

_NAME: Final = r"^[A-Za-z0-9_-]{1,24}$"


def _known_name(text: str) -> str:
    if not re.fullmatch(_NAME, text):
        raise ValueError("a preset's name is 1 to 24 letters, digits, - and _")
    return text


Presets: TypeAlias = dict[Annotated[str, AfterValidator(_known_name)], dict[str, Any]]
"""Patches by name, in the file's order. What stands in them is checked over the rest of the tree (`presets_over`)."""


def describe_presets(schema: dict[str, Any]) -> None:
    """Put into the schema of the whole tree what may stand in a preset: the tables that may change, not the others."""
    tables = schema["properties"]
    allowed: dict[str, Any] = {}
    for path in LIVE:
        table, _, setting = path.partition(".")
        if not setting:
            allowed[table] = tables[table]
        else:
            some = allowed.setdefault(table, {**tables[table], "propertyNames": {"enum": []}})
            some["propertyNames"]["enum"].append(setting)
    tables["presets"] |= {
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": {"type": "object", "properties": allowed, "additionalProperties": False},
    }
