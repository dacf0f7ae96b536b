"""Paths in settings, as they are found from any folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from livecut.colours import parse_colour
from livecut.paths import existing
from livecut.settings.load import Patch

__all__ = ["rooted"]

_PATHS: Final = frozenset(
    {"effect.replace.background", "layers.image.path", "layers.text.font", "layers.clock.font", "privacy.card"}
)
"""Settings that may be paths."""


def rooted(patch: Mapping[str, Any]) -> Patch:
    """The patch with the paths of files that are there from the root on: another process has another folder."""
    return {key: _rooted(value, key) for key, value in patch.items()}


def _rooted(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _rooted(inner, f"{name}.{key}") for key, inner in value.items()}
    return _from_root(value) if name in _PATHS and isinstance(value, str) else value


def _from_root(text: str) -> str:
    """A path from the root on; what is a colour is none, nor is what is not there."""
    try:
        parse_colour(text)
    except ValueError:
        path = existing(text)
        # A leading ~ stays: it is found from anywhere, and in another home, too.
        return text if path is None or path.is_absolute() else str(path.absolute())
    return text
