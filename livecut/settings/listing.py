"""The settings tree as TOML with its help, bounds and defaults as comments: a file one can save and edit."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from livecut.paths import SECRET_WORDS, without_secrets
from livecut.settings.tree import Settings

__all__ = ["listing", "masked"]

# A key that needs no quotes.
_BARE = re.compile(r"[A-Za-z0-9_-]+")
# What a plug-in's own table calls secrets, for its types are not known here: somewhere in the letters of the name,
_SECRET = re.compile(rf"{'|'.join(SECRET_WORDS)}|(api|auth|access|private|stream|signing|encryption|licen[sc]e)keys?$")
# as one of its words, or as the last of them: a `key_colour` is none.
_SECRET_WORDS = frozenset({"auth", "oauth", "jwt"})
_SECRET_LAST = frozenset({"key", "keys", "pass", "pwd", "psk", "pin", "pins", "cookie", "cookies"})
_BOUNDS = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}", "max_length": "at most {} characters"}


def listing(settings: Settings) -> str:
    """TOML text of the whole tree; unset optional values and what holds a password or a key stand as comments."""
    return "\n".join([*_table(settings, ""), *_presets(settings)]).strip() + "\n"


def masked(value: Any, name: str = "") -> Any:
    """A value of the dumped tree, or a table of it, fit to be passed on: `...` for passwords and keys."""
    if _is_secret(name) and _holds(value):
        return "..."
    if isinstance(value, Mapping):
        return {without_secrets(key): masked(item, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    return without_secrets(value) if isinstance(value, str) else value


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    if not words:
        return False
    is_said = _SECRET.search("".join(words)) is not None or not _SECRET_WORDS.isdisjoint(words)
    return is_said or words[-1] in _SECRET_LAST


def _holds(value: Any) -> bool:
    """Whether there is anything to hide: neither nothing, nor a yes or no."""
    return not (value is None or isinstance(value, bool) or (isinstance(value, str | Sequence | Mapping) and not value))


def _table(section: BaseModel, path: str) -> Iterator[str]:
    fields = type(section).model_fields
    tables = {name for name in fields if isinstance(getattr(section, name), BaseModel)}
    values = section.model_dump(exclude={"presets"})
    if path and len(tables) < len(fields):
        yield ""
        yield f"[{path}]"
    for name, field in fields.items():
        if name in values and name not in tables:
            yield f"# {_help(field)}"
            if isinstance(getattr(section, name), SecretStr):
                yield f"# {name} = (set, not shown)"
                continue
            yield _line((name,), values[name])
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
    for name, patch in settings.presets.items():
        yield f"[presets.{name}]"
        for keys, value in _lines(patch):
            yield _line(keys, value)
        yield ""


def _lines(table: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting in nested tables, with the keys that lead to it; a table that is empty, too."""
    for key, value in table.items():
        if isinstance(value, Mapping) and value and not _is_secret(key):
            yield from _lines(value, (*above, key))
        else:
            yield (*above, key), value


def _line(keys: Sequence[str], value: Any) -> str:
    line = f"{_path(keys)} = {_toml(value)}"
    public = f"{_path(map(without_secrets, keys))} = {_toml(masked(value, keys[-1]))}"
    if value is None:
        return f"# {public.removesuffix(' null')}"
    return line if line == public else f"# {public} (a password or key is not shown)"


def _path(keys: Iterable[str]) -> str:
    return ".".join(key if _BARE.fullmatch(key) else _toml(key) for key in keys)


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
        notes.append(f"default {_toml(default)}")
    return f"{field.description} ({', '.join(notes)})" if notes else str(field.description)


def _toml(value: Any) -> str:
    """A value in TOML's notation; None, which it has no word for, is left out of tables and lists."""
    if isinstance(value, Mapping):
        held = [f"{_toml(key)} = {_toml(item)}" for key, item in value.items() if item is not None]
        return f"{{ {', '.join(held)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item) for item in value if item is not None)}]"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    # JSON's notation of text, numbers and booleans is TOML's too, but for one character that stands as it is there, and
    # may not here. Other types are none that a file could have held.
    return json.dumps(value, ensure_ascii=False, default=str).replace("\x7f", "\\u007f")
