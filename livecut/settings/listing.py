"""The settings tree as TOML with its help, bounds and defaults as comments: a file one can save and edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from livecut.paths import without_secrets
from livecut.settings.live import leaves
from livecut.settings.tree import Settings

__all__ = ["listing", "masked"]

# A key that needs no quotes.
_BARE = re.compile(r"[A-Za-z0-9_-]+")
# What a plug-in's own table calls them: its types are not known here.
_SECRET = re.compile(r"(.*[_-])?(key|password|passwd|secret|token)", re.IGNORECASE)
_BOUNDS = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}", "max_length": "at most {} characters"}


def listing(settings: Settings) -> str:
    """TOML text of the whole tree; unset optional values and what holds a password or a key stand as comments."""
    return "\n".join([*_table(settings, ""), *_presets(settings)]).strip() + "\n"


def masked(value: Any, name: str = "") -> Any:
    """A value of the dumped tree, or a table of it, fit to be passed on: `...` for passwords and keys."""
    if isinstance(value, dict):
        return {without_secrets(key): masked(item, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, name) for item in value]
    if not isinstance(value, str):
        return value
    return "..." if value and _SECRET.fullmatch(name) else without_secrets(value)


def _table(section: BaseModel, path: str) -> Iterator[str]:
    fields = type(section).model_fields
    tables = {name for name in fields if isinstance(getattr(section, name), BaseModel)}
    values = section.model_dump(mode="json", exclude={"presets"})
    if path and len(tables) < len(fields):
        yield ""
        yield f"[{path}]"
    for name, field in fields.items():
        if name in values and name not in tables:
            yield f"# {_help(field)}"
            if isinstance(getattr(section, name), SecretStr):
                yield f"# {name} = (set, not shown)"
                continue
            yield _line(name, values[name])
    for name in fields:
        if name in tables:
            yield from _table(getattr(section, name), f"{path}.{name}" if path else name)


def _presets(settings: Settings) -> Iterator[str]:
    """A table for each, its settings by their whole names."""
    yield ""
    yield f"# {Settings.model_fields['presets'].description}"
    if not settings.presets:
        yield "# [presets.NAME]"
        yield '# effect.name = "bokeh"'
    for name, patch in settings.model_dump(mode="json", include={"presets"})["presets"].items():
        yield f"[presets.{name}]"
        for keys, value in leaves(patch):
            yield _line(".".join(key if _BARE.fullmatch(key) else _toml(key) for key in keys), value)
        yield ""


def _line(name: str, value: Any) -> str:
    if value is None:
        return f"# {name} ="
    if (public := masked(value, name.rpartition(".")[2])) != value:
        return f"# {name} = {_toml(public)} (a password or key is not shown)"
    return f"{name} = {_toml(value)}"


def _help(field: FieldInfo) -> str:
    notes = [
        text.format(bound)
        for part in field.metadata
        for key, text in _BOUNDS.items()
        if (bound := getattr(part, key, None)) is not None
    ]
    if get_origin(field.annotation) is Literal:
        notes.append(" | ".join(get_args(field.annotation)))
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is not None:
        notes.append(f"default {_toml(list(default) if isinstance(default, tuple) else default)}")
    return f"{field.description} ({', '.join(notes)})" if notes else str(field.description)


def _toml(value: Any) -> str:
    # JSON's notation of text, numbers, booleans and lists is TOML's too; only tables differ.
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    # But for one character that stands as it is there, and may not here.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
