"""Find built-in and third-party parts through the same entry points, by kind and name."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeAlias

from livecut.errors import PluginError

__all__ = ["Kind", "load", "names"]

Kind: TypeAlias = Literal["effects", "sources", "sinks"]


def _found(kind: Kind) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"livecut.{kind}")}


def names(kind: Kind) -> tuple[str, ...]:
    """Names of everything installed of one kind, in alphabetical order."""
    return tuple(sorted(_found(kind)))


def load(kind: Kind, name: str) -> Callable[..., Any]:
    """The factory registered under `name`; raises `PluginError` when there is none or it cannot be imported."""
    found = _found(kind)
    if name not in found:
        known = ", ".join(sorted(found)) or "none; is livecut installed?"
        raise PluginError(f"no {kind.removesuffix('s')} named {name!r}", hint=f"there are: {known}")
    try:
        factory = found[name].load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"the {kind.removesuffix('s')} {name!r} cannot be loaded: {error}",
            hint=f"reinstall the package that brings it ({found[name].value})",
        ) from error
    if not callable(factory):
        raise PluginError(f"the {kind.removesuffix('s')} {name!r} is not a factory", hint=found[name].value)
    return factory  # type: ignore[no-any-return]
