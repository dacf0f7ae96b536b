"""Put the settings together: defaults < user file < named file < environment < preset < flags; errors say where."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import platformdirs

from livecut.errors import LivecutError, SettingsError
from livecut.files import open_file, read_all
from livecut.settings.laying import Check, Gathered, preset_named, presets_over, unchecked
from livecut.settings.live import leaves
from livecut.settings.patches import NOWHERE, Origin, Patch, apply, merged, nested
from livecut.settings.tree import Settings

__all__ = [
    "Patch",
    "Root",
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

Root: TypeAlias = Callable[[Patch, Path, Origin], Patch]
"""Makes the relative paths in a patch those of a folder; errors say where in what it comes from."""

_PREFIX = "LIVECUT_"
# Variables with this prefix that are not settings: where networks are kept, and what the tests need.
_NOT_SETTINGS = frozenset({"LIVECUT_MODELS_DIR", "LIVECUT_VM"})

# What an open file is called there, as in `--config /dev/stdin < FILE`, does not say where it lies.
_NO_FOLDERS = (Path("/dev"), Path("/proc"))
_SHARED_MEMORY = Path("/dev/shm")  # a folder like any other


def user_file() -> Path:
    """The user's own `livecut.toml`, which need not exist."""
    return platformdirs.user_config_path("livecut", appauthor=False) / "livecut.toml"


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
    return _read(path)[0]


def _read(path: Path) -> tuple[Patch, Origin]:
    try:
        with open_file(path, pipes=True) as file:
            content = read_all(file)
        text = content.decode("utf-8-sig")  # some editors begin a file with a mark
        return tomllib.loads(text), Origin(str(path), text)
    except FileNotFoundError as error:
        raise SettingsError(f"{path} does not exist", hint="`livecut settings` prints every setting") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SettingsError(
            f"{path} is not TOML: line {line} is not UTF-8", hint="save it as UTF-8, which TOML is written in"
        ) from error
    except tomllib.TOMLDecodeError as error:
        hint = "mend that place; `livecut settings --defaults` shows how settings are written"
        raise SettingsError(f"{path} is not TOML: {error}", hint=hint) from error


def load(
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    patches: Iterable[Patch] = (),
    user: Path | None = None,
    root: Root | None = None,
) -> Settings:
    """All layers together. `user` is the user's own file, read when it exists; `patches` come from flags.

    A layer has to be right as a whole, so that its error can be told: of the flags only what they make together counts.
    `root` makes relative paths in a file those of its folder; without it they are the working folder's.
    """
    return start(file=file, environ=environ, patches=patches, user=user, root=root).base


@dataclass(frozen=True, slots=True)
class Start:
    """What a filter is started with."""

    settings: Settings
    """All layers."""
    base: Settings
    """All but the preset: what presets are laid over while it runs, so that none leaves anything to the next."""
    broken: Mapping[str, SettingsError] = field(default_factory=dict)
    """Presets that are left out, and what is wrong with each."""
    layers: Sequence[tuple[Patch, Origin]] = ()
    """What each layer says, the uppermost last; of what was just typed the origin has no name."""
    preset: str | None = None
    """What was chosen, which lies below what was just typed."""

    @property
    def preset_order(self) -> Sequence[str]:
        """Names of all presets, of those that are left out, too, in the order of the layers."""
        return tuple(dict.fromkeys(name for patch, _ in self.layers for name in patch.get("presets", {})))

    def located(self, path: str, error: LivecutError) -> LivecutError:
        """An error about a setting, with where that is said; as it is for what was just typed."""
        for patch, origin, keys in self._places(tuple(path.split("."))):
            for value in (value for said, value in leaves(patch) if said == keys):
                if not origin.name:
                    return error
                hint = error.hint
                if origin.folder is not None and isinstance(value, str) and Path(value).is_relative_to(origin.folder):
                    hint += f"; relative paths in that file begin at {origin.folder}"
                told = error.message.removeprefix(f"{path}: ")
                return origin.error(origin.told(keys, f": {told}"), hint)
        return error

    def _places(self, keys: tuple[str, ...]) -> Iterator[tuple[Patch, Origin, tuple[str, ...]]]:
        """Where a setting may be said, the place that counts most first."""
        below, typed = self.layers[:-1], self.layers[-1:]
        yield from ((*layer, keys) for layer in typed)
        if self.preset is not None:
            yield from ((*layer, ("presets", self.preset, *keys)) for layer in reversed(self.layers))
        yield from ((*layer, keys) for layer in reversed(below))


def start(
    *,
    preset: str | None = None,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    patches: Iterable[Patch] = (),
    user: Path | None = None,
    root: Root | None = None,
    check: Check = unchecked,
) -> Start:
    """The layers of `load`, and the preset of that name below the flags.

    `check` tells what else may be wrong with a preset. One that is wrong is left out, unless it is the one that is
    asked for or was just typed as a flag.
    """
    below, presets = Settings(), Gathered()
    layers: list[tuple[Patch, Origin]] = []
    if user is not None and _is_there(user):
        layers.append(_from_root(user, root))
    if file is not None:
        layers.append(_from_root(file, root))
    layers.append((from_environment(environ or {}), Origin("environment")))
    for patch, origin in layers:
        below = apply(below, presets.take(patch, origin), origin=origin)
    flags: Patch = {}
    for patch in patches:
        flags = merged(flags, patch)
    base, broken = presets.over(apply(below, presets.take(flags, NOWHERE)), check=check)
    for name in (*flags.get("presets", {}), *([] if preset is None else [preset])):
        if name in broken:
            raise broken[name]
    layers.append((flags, NOWHERE))
    if preset is None:
        return Start(base, base, broken, layers)
    below = apply(below, {"presets": base.presets})
    return Start(apply(below, merged(preset_named(preset, base), flags)), base, broken, layers, preset)


def _from_root(file: Path, root: Root | None) -> tuple[Patch, Origin]:
    patch, origin = _read(file)
    if root is None or not file.is_file():  # a pipe lies nowhere
        return patch, origin
    folder = file.parent.resolve()
    if any(map(folder.is_relative_to, _NO_FOLDERS)) and not folder.is_relative_to(_SHARED_MEMORY):
        return patch, origin
    origin = replace(origin, folder=folder)
    return root(patch, folder, origin), origin


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
