"""Put the settings together: defaults < user file < named file < environment < preset < flags; errors say where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import platformdirs
from pydantic import ValidationError

from livecut.errors import SettingsError
from livecut.files import open_file, read_all
from livecut.settings.live import check_live
from livecut.settings.tree import Settings

__all__ = [
    "Patch",
    "Start",
    "apply",
    "assignment",
    "from_environment",
    "from_file",
    "load",
    "merged",
    "nested",
    "preset_named",
    "presets_over",
    "start",
    "user_file",
]

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
        with open_file(path, pipes=True) as file:
            return tomllib.loads(read_all(file).decode("utf-8-sig"))  # some editors begin a file with a mark
    except FileNotFoundError as error:
        raise SettingsError(f"{path} does not exist", hint="`livecut settings` prints every setting") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error


def apply(settings: Settings, patch: Patch, *, origin: str = "", above: str = "") -> Settings:
    """The tree with a patch laid over it; raises `SettingsError` that names each wrong place.

    `origin` is the file or what else the patch comes from, `above` where in it the patch stands.
    """
    tree = merged(settings.model_dump(exclude_unset=True), patch)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise _located(error, origin, above) from error


def presets_over(settings: Settings, *, origin: str = "") -> dict[str, Settings]:
    """The settings that each preset makes of these, by its name.

    Raises `SettingsError` for what is wrong in a preset, and for what may not change while the filter runs.
    """
    laid = {}
    for name, patch in settings.presets.items():
        above = f"presets.{name}."
        laid[name] = apply(settings, patch, origin=origin, above=above)
        check_live(patch, above=f"{origin}: {above}" if origin else above)
    return laid


def preset_named(name: str, settings: Settings) -> Patch:
    """What that preset sets; raises `SettingsError`, which says which there are."""
    try:
        return settings.presets[name]
    except KeyError as error:
        there = ", ".join(settings.presets) or "none; one is a table [presets.NAME] in livecut.toml"
        raise SettingsError(f"no preset named {name!r}", hint=f"there are: {there}") from error


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
    return start(file=file, environ=environ, patches=patches, user=user).base


@dataclass(frozen=True, slots=True)
class Start:
    """What a filter is started with."""

    settings: Settings
    """All layers."""
    base: Settings
    """All but the preset: what presets are laid over while it runs, so that none leaves anything to the next."""


def start(
    *,
    preset: str | None = None,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    patches: Iterable[Patch] = (),
    user: Path | None = None,
) -> Start:
    """The layers of `load`, and the preset of that name below the flags."""
    below = Settings()
    if user is not None and _is_there(user):
        below = _layer(below, from_file(user), str(user))
    if file is not None:
        below = _layer(below, from_file(file), str(file))
    below = _layer(below, from_environment(environ or {}), "environment")
    flags: Patch = {}
    for patch in patches:
        flags = merged(flags, patch)
    base = _layer(below, flags)
    if preset is None:
        return Start(base, base)
    return Start(apply(below, merged(preset_named(preset, base), flags)), base)


def _layer(below: Settings, patch: Patch, origin: str = "") -> Settings:
    settings = apply(below, patch, origin=origin)
    presets_over(settings, origin=origin)
    return settings


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


def _located(error: ValidationError, origin: str, above: str) -> SettingsError:
    lines = []
    for detail in error.errors():
        # "[key]" stands where the name of a table is wrong.
        place = above + ".".join(str(part) for part in detail["loc"] if part != "[key]")
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
