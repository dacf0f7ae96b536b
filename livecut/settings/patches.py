"""Patches: parts of the tree, how they are written, laid over each other and over the tree; errors say where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from livecut.errors import SettingsError
from livecut.settings.places import place_of
from livecut.settings.tree import Settings
from livecut.spelling import nearest

__all__ = ["NOWHERE", "Origin", "Patch", "apply", "merged", "nested"]

Patch: TypeAlias = dict[str, Any]
"""Part of the tree, as nested tables."""

_TABLE = "this is a table of settings"
_WORDS = {
    "extra_forbidden": "there is no such setting",
    "model_type": _TABLE,
    "dict_type": _TABLE,
    "tuple_type": 'this is a list, written as ["one", "another"]',
    "string_type": 'this is a text, written as "text"',
}
"""For what pydantic says in a programmer's words, by its names of errors."""
_ALL = "`livecut settings` prints every setting with its bounds"
_DEFAULTS = "`livecut settings --defaults` prints every setting with its bounds"
"""Where `livecut settings` itself would end with the same error."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a patch comes from."""

    name: str = ""
    """A file, or what else it is; empty for what was just typed."""
    text: str = ""
    """A file's."""
    folder: Path | None = None
    """What relative paths in it are of, if not the working folder."""

    def told(self, keys: Iterable[str], what: str) -> str:
        """What is wrong with a setting, between its path and its place in the file."""
        keys = tuple(keys)
        place = place_of(keys, self.text) if self.text else None
        at = f" (at line {place[0]}, column {place[1]})" if place else ""
        return f"{'.'.join(keys)}{what}{at}"

    @property
    def remedy(self) -> str:
        """What tells all that may stand there."""
        return _DEFAULTS if self.name else _ALL

    def error(self, told: str, hint: str, meant: tuple[str, str] | None = None) -> SettingsError:
        """The error whose message begins with where it is."""
        return SettingsError(f"{self.name}: {told}" if self.name else told, hint=hint, meant=meant)


NOWHERE: Final = Origin()


def nested(path: str, value: Any) -> Patch:
    """`nested("effect.name", "blur")` is `{"effect": {"name": "blur"}}`."""
    keys = path.split(".")
    if not all(keys):
        raise SettingsError(f"{path!r} is no path of a setting", hint="write it as effect.blur.radius_px")
    patch: Any = value
    for key in reversed(keys):
        patch = {key: patch}
    return dict(patch)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Patch:
    """One patch laid over another, table by table."""
    result = dict(below)
    for key, value in above.items():
        earlier = result.get(key)
        both_tables = isinstance(earlier, Mapping) and isinstance(value, Mapping)
        result[key] = merged(earlier, value) if both_tables else value  # type: ignore[arg-type]
    return result


def apply(settings: Settings, patch: Patch, *, origin: Origin = NOWHERE, above: tuple[str, ...] = ()) -> Settings:
    """The tree with a patch laid over it; raises `SettingsError` that names each wrong place.

    `origin` is what the patch comes from, `above` where in it the patch stands.
    """
    tree = merged(settings.model_dump(exclude_unset=True), patch)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise _located(error.errors(), origin, above) from error


def _located(details: Iterable[ErrorDetails], origin: Origin, above: tuple[str, ...]) -> SettingsError:
    lines: list[str] = []
    meant: list[tuple[str, str]] = []
    for detail in details:
        place = detail["loc"]
        text = _WORDS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
        # "[key]" stands where the name of a table is wrong.
        keys = (*above, *(str(part) for part in place if part != "[key]"))
        if detail["type"] == "model_type":
            text += f", for example {'.'.join((*keys, *_first_setting(_table_at(place))))}"
        if detail["type"] == "extra_forbidden" and (nearest := _nearest(place)):
            meant.append((".".join(keys), ".".join((*above, *nearest))))
        lines.append(origin.told(keys, f": {text}"))
    hint = origin.remedy
    if meant:
        hint = f"did you mean {' and '.join(right for _, right in meant)}? {hint}"
    return origin.error("; ".join(lines), hint, meant[0] if len(lines) == len(meant) == 1 else None)


def _table_at(place: Iterable[int | str]) -> Any:
    table: Any = Settings
    for key in place:
        table = table.model_fields[key].annotation
    return table


def _first_setting(table: Any) -> tuple[str, ...]:
    """The keys of the first setting in a table, from there on."""
    path: tuple[str, ...] = ()
    while hasattr(table, "model_fields"):
        name, field = next(iter(table.model_fields.items()))
        path, table = (*path, name), field.annotation
    return path


def _nearest(place: tuple[int | str, ...]) -> tuple[str, ...]:
    """The setting that was most likely meant: one spelt much the same, or the only one of that name elsewhere."""
    *keys, wrong = map(str, place)
    if near := nearest(wrong, _table_at(keys).model_fields, cutoff=0.7):
        return (*keys, near)
    same = [path for path in _settings(Settings) if path[-1] == wrong]
    return same[0] if len(same) == 1 else ()


def _settings(table: Any, above: tuple[str, ...] = ()) -> Iterable[tuple[str, ...]]:
    for name, field in table.model_fields.items():
        yield (*above, name)
        if hasattr(field.annotation, "model_fields"):
            yield from _settings(field.annotation, (*above, name))
