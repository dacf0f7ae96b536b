"""Presets laid over the settings that a program was started with; what is wrong in one is told of that one alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from livecut.errors import LivecutError, SettingsError
from livecut.settings.live import chooses_room, is_live, leaves
from livecut.settings.patches import NOWHERE, Origin, Patch, apply, merged
from livecut.settings.tree import Settings
from livecut.spelling import nearest

__all__ = ["Check", "Gathered", "preset_named", "presets_over", "unchecked"]

Check: TypeAlias = Callable[[Settings], Iterable[tuple[str, LivecutError]]]
"""Tells paths of settings that are right by themselves, and what is wrong with them all the same."""


def unchecked(settings: Settings) -> Iterable[tuple[str, LivecutError]]:
    """A `Check` that finds nothing."""
    return ()


def presets_over(settings: Settings, *, check: Check = unchecked) -> dict[str, Settings]:
    """The settings that each preset makes of these, by its name.

    Raises `SettingsError` for what is wrong in a preset, and for what may not change while the filter runs.
    """
    return {name: _laid(name, patch, settings, NOWHERE, check) for name, patch in settings.presets.items()}


def preset_named(name: str, settings: Settings) -> Patch:
    """What that preset sets; raises `SettingsError`, which says which there are."""
    try:
        return settings.presets[name]
    except KeyError as error:
        there = ", ".join(settings.presets) or "none; one is a table [presets.NAME] in livecut.toml"
        # None that shows the raw picture is guessed.
        hidden = [one for one, patch in settings.presets.items() if not chooses_room(patch)]
        near = nearest(name, hidden)
        raise SettingsError(
            f"no preset named {name!r}", hint=f"there are: {there}", meant=(name, near) if near else None
        ) from error


@dataclass(slots=True)
class Gathered:
    """The presets of all layers, taken out of them: whatever is wrong with one, the rest of its layer counts."""

    _parts: dict[str, list[tuple[Origin, Any]]] = field(default_factory=dict)

    def take(self, patch: Patch, origin: Origin) -> Patch:
        """The patch without its presets, which are kept here."""
        tables = patch.get("presets")
        if not isinstance(tables, Mapping):
            return patch
        for name, table in tables.items():
            self._parts.setdefault(name, []).append((origin, table))
        return {key: value for key, value in patch.items() if key != "presets"}

    def over(self, settings: Settings, *, check: Check = unchecked) -> tuple[Settings, dict[str, SettingsError]]:
        """The settings with the presets that are right over them, and what is wrong with each of the others."""
        right: Patch = {}
        wrong: dict[str, SettingsError] = {}
        for name, parts in self._parts.items():
            try:
                right[name] = _checked(name, parts, settings, check)
            except SettingsError as error:
                wrong[name] = error
        return apply(settings, {"presets": right}), wrong


def _checked(name: str, parts: Sequence[tuple[Origin, Any]], settings: Settings, check: Check) -> Any:
    """What the layers make of a preset. Raises what is wrong with it, of the layer from which on it is."""
    first: SettingsError | None = None
    table: Any = {}
    for origin, part in parts:
        table = merged(table, part) if isinstance(table, Mapping) and isinstance(part, Mapping) else part
        try:
            apply(settings, {"presets": {name: table}}, origin=origin)
            _laid(name, table, settings, origin, check)
        except SettingsError as error:
            first = first or error
        else:
            first = None
    if first is not None:
        raise first
    return table


def _laid(name: str, patch: Patch, settings: Settings, origin: Origin, check: Check) -> Settings:
    above = ("presets", name)
    laid = apply(settings, patch, origin=origin, above=above)
    for keys, _ in leaves(patch):
        if not is_live(keys):
            raise origin.error(origin.told((*above, *keys), " is chosen at the start"), "livecut run --help")
    told = {(path, error.message) for path, error in check(settings)}
    for path, error in check(laid):
        if (path, error.message) not in told:  # else it is no fault of the preset's
            told_here = origin.told((*above, *path.split(".")), f": {error.message}")
            raise origin.error(told_here, error.hint, error.meant) from error
    return laid
