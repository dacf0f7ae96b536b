"""Find built-in and third-party parts through the same entry points, by kind and name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeAlias

from livecut.errors import LivecutError, PluginError
from livecut.spelling import nearest

__all__ = ["Kind", "load", "names", "unknown"]

Kind: TypeAlias = Literal["effects", "sources", "sinks"]


def _found(kind: Kind) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"livecut.{kind}")}


def names(kind: Kind) -> tuple[str, ...]:
    """Names of everything installed of one kind, in alphabetical order."""
    return tuple(sorted(_found(kind)))


def unknown(kind: Kind, name: str) -> PluginError:
    """The error for a name that is none; it says which there are."""
    there = names(kind)
    # The raw picture is never guessed: whoever means it writes its name.
    near = nearest(name.lower(), [one for one in there if one != "none"])
    meant = f"did you mean {near}? " if near else ""
    known = ", ".join(there) or "none; is livecut installed?"
    return PluginError(
        f"no {kind.removesuffix('s')} named {name!r}",
        hint=f"{meant}there are: {known}",
        meant=(name, near) if near else None,
    )


def load(kind: Kind, name: str) -> Callable[..., Any]:
    """The factory registered under `name`; raises `PluginError` when there is none or it cannot be imported.

    What a third party's factory raises when it is called becomes a `PluginError`, too, that names its package.
    """
    found = _found(kind)
    if name not in found:
        raise unknown(kind, name)
    entry = found[name]
    package = entry.dist.name if entry.dist is not None else entry.module.partition(".")[0]
    what = f"the {kind.removesuffix('s')} {name!r} of {package}"
    try:
        factory = entry.load()
    except Exception as error:
        # A module of somebody else's may raise anything; what livecut's own raise beyond this is no plug-in's fault.
        if package == "livecut" and not isinstance(error, (ImportError, AttributeError)):
            raise
        raise PluginError(
            f"{what} cannot be loaded: {_told(error)}", hint=f"reinstall the package that brings it ({entry.value})"
        ) from error
    if not callable(factory):
        raise PluginError(f"{what} is not a factory", hint=entry.value)
    return factory if package == "livecut" else _guarded(factory, what, entry.value)


def _guarded(factory: Callable[..., Any], what: str, value: str) -> Callable[..., Any]:
    """The same factory, its signature too, whose errors are told as its package's and not as livecut's."""

    @functools.wraps(factory, updated=())  # what a class holds is no function's
    def made(*arguments: Any, **options: Any) -> Any:
        try:
            return factory(*arguments, **options)
        except LivecutError:
            raise
        except Exception as error:
            raise PluginError(
                f"{what} cannot be made: {_told(error)}", hint=f"tell whoever wrote it ({value})"
            ) from error

    return made


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
