"""Put the settings together: defaults < user file < named file < environment < flags; every error says where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import platformdirs
from pydantic import ValidationError

from livecut.errors import SettingsError
from livecut.settings.tree import Settings

__all__ = ["Patch", "apply", "assignment", "from_environment", "from_file", "load", "merged", "nested", "user_file"]

Patch: TypeAlias = dict[str, Any]
"""Part of the tree, as nested tables."""

_PREFIX = "LIVECUT_"
# Variables with this prefix that are not settings: where networks are kept, and what the tests need.
_NOT_SETTINGS = frozenset({"LIVECUT_MODELS_DIR", "LIVECUT_VM"})

_TABLE = "this is a table of settings"
_WORDS = {
    "extra_forbidden": "there is no such setting",
    "model_type": _TABLE,
    "dict_type": _TABLE,
    "tuple_type": 'this is a list, written as ["one", "another"]',
    "string_type": 'this is a text, written as "text"',
}
"""For what pydantic says in a programmer's words, by its names of errors."""


def user_file() -> Path:
    """The user's own `livecut.toml`, which need not exist."""
    return platformdirs.user_config_path("livecut", appauthor=False) / "livecut.toml"


def nested(path: str, value: Any) -> Patch:
    """`nested("effect.name", "blur")` is `{"effect": {"name": "blur"}}`."""
    keys = path.split(".")
    if not all(keys):
        raise SettingsError(f"{path!r} is no path of a setting", hint="write it as effect.blur.radius_px")
    patch: Any = value
    for key in reversed(keys):
        patch = {key: patch}
    return dict(patch)


def assignment(text: str) -> Patch:
    """A patch from `path=value` as `--set` takes it; the value in TOML's notation, or plain text."""
    path, equals, value = text.partition("=")
    if not equals:
        raise SettingsError(f"--set {text}: no value", hint="write it as path=value, e.g. effect.blur.radius_px=30")
    path = path.strip()
    return nested(path, _value(value.strip(), path))


def from_environment(environ: Mapping[str, str]) -> Patch:
    """A patch from `LIVECUT_EFFECT__BLUR__RADIUS_PX=30` and its like; two underscores stand for the dot."""
    patch: Patch = {}
    for name, value in environ.items():
        if name.startswith(_PREFIX) and name not in _NOT_SETTINGS:
            path = name.removeprefix(_PREFIX).lower().replace("__", ".")
            patch = merged(patch, nested(path, _value(value, f"{name} ({path})")))
    return patch


def from_file(path: Path) -> Patch:
    """A patch from a TOML file; raises `SettingsError` when it is absent, unreadable or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors begin a file with a mark
    except FileNotFoundError as error:
        raise SettingsError(f"{path} does not exist", hint="`livecut settings` prints every setting") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error


def apply(settings: Settings, patch: Patch, *, origin: str = "") -> Settings:
    """The tree with a patch laid over it; raises `SettingsError` that names each wrong place."""
    tree = merged(settings.model_dump(exclude_unset=True), patch)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise _located(error, origin) from error


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Patch:
    """One patch laid over another, table by table."""
    result = dict(below)
    for key, value in above.items():
        earlier = result.get(key)
        both_tables = isinstance(earlier, Mapping) and isinstance(value, Mapping)
        result[key] = merged(earlier, value) if both_tables else value  # type: ignore[arg-type]
    return result


def load(
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    patches: Iterable[Patch] = (),
    user: Path | None = None,
) -> Settings:
    """All layers together. `user` is the user's own file, read when it exists; `patches` come from flags.

    A layer has to be right as a whole, so that its error can be told: of the flags only what they make together counts.
    """
    settings = Settings()
    if user is not None and _is_there(user):
        settings = apply(settings, from_file(user), origin=str(user))
    if file is not None:
        settings = apply(settings, from_file(file), origin=str(file))
    settings = apply(settings, from_environment(environ or {}), origin="environment")
    together: Patch = {}
    for patch in patches:
        together = merged(together, patch)
    return apply(settings, together)


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read: {error.strerror}", hint="make its folder readable, or set XDG_CONFIG_HOME"
        ) from error


def _value(text: str, where: str) -> Any:
    # Lists and tables need TOML's notation; plain text, numbers and booleans are left to the field's own type, so
    # that `source.input=0` stays text.
    if text[:1] in ("[", "{", '"', "'"):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            # Neither the text nor what is said of it: it may be a key.
            raise SettingsError(
                f"{where}: not a TOML value, though it begins like one",
                hint="""quotes and brackets end as they begin: "text", ["a", "b"], { key = "value" }""",
            ) from None
    return text


def _located(error: ValidationError, origin: str) -> SettingsError:
    lines = []
    for detail in error.errors():
        place = ".".join(str(part) for part in detail["loc"])
        text = _WORDS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "model_type":
            text += f", for example {place}.{_first_setting(detail['loc'])}"
        lines.append(f"{place}: {text}")
    where = f"{origin}: " if origin else ""
    return SettingsError(where + "; ".join(lines), hint="`livecut settings` prints every setting with its bounds")


def _first_setting(place: Iterable[int | str]) -> str:
    """The path of the first setting in the table at `place`, from there on."""
    table: Any = Settings
    for key in place:
        table = table.model_fields[key].annotation
    path: list[str] = []
    while hasattr(table, "model_fields"):
        name, field = next(iter(table.model_fields.items()))
        path.append(name)
        table = field.annotation
    return ".".join(path)
