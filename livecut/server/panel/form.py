"""What the panel can change, as rows of a form: drawn from the JSON schema of the settings."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from livecut.settings import Settings
from livecut.settings.live import LIVE, is_in

__all__ = ["Field", "fields", "values"]

Kind: TypeAlias = Literal["switch", "whole", "number", "choice", "colour", "text"]

_KINDS: Final[Mapping[str, Kind]] = {"boolean": "switch", "integer": "whole", "number": "number", "string": "text"}
_UNITS: Final = {"px": "px", "s": "s", "ms": "ms", "deg": "°", "fps": "fps"}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting. `lowest` and `highest` belong to the range, where there is a bound."""

    path: str
    kind: Kind
    label: str
    unit: str
    help: str
    default: Any
    choices: tuple[str, ...]
    lowest: float | None
    highest: float | None
    optional: bool
    """True where it may be nothing at all."""


@functools.cache
def fields() -> tuple[Field, ...]:
    """Every setting that may change while the filter runs; tables without a schema (plug-ins') have none."""
    schema = Settings.model_json_schema()
    found = list(_fields(schema, schema["$defs"], ()))
    return tuple(field for live in LIVE for field in found if is_in(field.path, live))


def values(settings: Settings) -> dict[str, Any]:
    """What those settings are now, by path."""
    tree = settings.model_dump(mode="json")
    return {field.path: _at(tree, field.path) for field in fields()}


def _fields(table: Mapping[str, Any], tables: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Field]:
    for name, given in table.get("properties", {}).items():
        path = (*above, name)
        if "$ref" in given:
            yield from _fields(tables[given["$ref"].rpartition("/")[2]], tables, path)
            continue
        one = next((part for part in given.get("anyOf", ()) if part.get("type") != "null"), given)
        if one.get("type") in _KINDS:
            yield _field(".".join(path), {**given, **one}, optional=one is not given)


def _field(path: str, given: Mapping[str, Any], *, optional: bool) -> Field:
    name = path.rpartition(".")[2]
    words, _, last = name.rpartition("_")
    unit = _UNITS.get(last, "") if words else ""
    choices = tuple(given.get("enum", ()))
    kind = "choice" if choices else "colour" if given.get("format") == "color" else _KINDS[given["type"]]
    return Field(
        path=path,
        kind=kind,
        label=(words if unit else name).replace("_", " ").capitalize(),
        unit=unit,
        help=given.get("description", ""),
        default=given.get("default"),
        choices=choices,
        lowest=given.get("minimum", given.get("exclusiveMinimum")),
        highest=given.get("maximum", given.get("exclusiveMaximum")),
        optional=optional,
    )


def _at(tree: Mapping[str, Any], path: str) -> Any:
    value: Any = tree
    for key in path.split("."):
        value = value[key]
    return value
