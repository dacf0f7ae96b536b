"""What may change while the filter runs, and whether the raw picture is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from livecut.errors import SettingsError

if TYPE_CHECKING:
    from livecut.settings.patches import Patch
    from livecut.settings.tree import Settings

__all__ = ["LIVE", "check_change", "check_live", "chooses_room", "is_in", "is_live", "leaves", "shows_room"]

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
    for keys, _ in leaves(patch):
        _check(keys)


def check_change(before: Settings, after: Settings) -> None:
    """Raise `SettingsError` where these differ in more than what may change while the filter runs."""
    if before.presets != after.presets:  # an empty one is no leaf
        _check(("presets",))
    was = dict(leaves(before.model_dump()))
    for keys, value in leaves(after.model_dump()):
        if was.get(keys) != value:
            _check(keys)


def shows_room(settings: Settings) -> bool:
    """True where the raw picture is shown: the effect `none`, or a side of `split` that is."""
    effect = settings.effect
    return effect.name == "none" or (effect.name == "split" and "none" in (effect.split.before, effect.split.after))


def chooses_room(patch: Patch) -> bool:
    """True where a patch names the raw picture, as the effect or as a side of `split`, be it shown then or not."""
    effect = patch.get("effect", {})
    sides = effect.get("split", {})
    return "none" in (effect.get("name"), sides.get("before"), sides.get("after"))


def is_in(path: str, table: str) -> bool:
    """Whether a setting is that one or in that table."""
    return path == table or path.startswith(f"{table}.")


def leaves(table: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting in nested tables, with the keys that lead to it."""
    if isinstance(table, Mapping):
        for key, value in table.items():
            yield from leaves(value, (*above, str(key)))
    else:
        yield above, table


def is_live(keys: tuple[str, ...]) -> bool:
    """Whether a setting may change while the filter runs."""
    return any(is_in(".".join(keys), live) for live in LIVE)


def _check(keys: tuple[str, ...]) -> None:
    if not is_live(keys):
        raise SettingsError(f"{'.'.join(keys)} is chosen at the start", hint="livecut run --help")
