"""What may change while the filter runs, and whether the raw picture is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.load import Patch

__all__ = ["LIVE", "check_change", "check_live", "is_in", "shows_room"]

LIVE: Final = (
    "effect",
    "output.mirror",
    "output.fit",
    "look",
    "layers",
    "matte",
    "depth",
    "privacy",
    "model.name",
    "model.depth",
    "device",
    "governor",
    "motion_gate",
)
"""What may change while the filter runs, in the order of the form; all else needs another start."""


def check_live(patch: Patch) -> None:
    """Raise `SettingsError` for a patch that reaches beyond what may change while the filter runs."""
    for path, _ in _leaves(patch, ()):
        _check(path)


def check_change(before: Settings, after: Settings) -> None:
    """Raise `SettingsError` where these differ in more than what may change while the filter runs."""
    was = dict(_leaves(before.model_dump(), ()))
    for path, value in _leaves(after.model_dump(), ()):
        if was.get(path) != value:
            _check(path)


def shows_room(settings: Settings) -> bool:
    """True where the raw picture is shown: the effect `none`, or a side of `split` that is."""
    effect = settings.effect
    return effect.name == "none" or (effect.name == "split" and "none" in (effect.split.before, effect.split.after))


def is_in(path: str, table: str) -> bool:
    """Whether a setting is that one or in that table."""
    return path == table or path.startswith(f"{table}.")


def _check(path: str) -> None:
    if not any(is_in(path, live) for live in LIVE):
        raise SettingsError(f"{path} is chosen at the start", hint="livecut run --help")


def _leaves(table: Any, above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(table, Mapping):
        for key, value in table.items():
            yield from _leaves(value, (*above, str(key)))
    else:
        yield ".".join(above), table
