"""Paths in settings, as they are found from any folder."""

from __future__ import annotations

import logging
import os.path
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from livecut.colours import is_colour
from livecut.paths import existing, is_like_address, without_secrets
from livecut.settings.patches import NOWHERE, Origin, Patch
from livecut.sinks import is_path
from livecut.sources import is_camera_name, is_file_name, is_live_name

__all__ = ["rooted"]

log = logging.getLogger(__name__)

_SUFFIX: Final = re.compile(r"\.[a-z0-9]*[a-z][a-z0-9]*", re.IGNORECASE)
_SQLITE: Final = re.compile(r"(sqlite(?:\+\w+)?:///)((?!:memory:|file:|~)[^?]+)(\?.*)?", re.DOTALL)
_NOT_IN_URLS: Final = re.compile(r"\?|%[0-9a-f]{2}", re.IGNORECASE)
"""What a path cannot have where SQLAlchemy reads it in a URL: of its versions some undo quoting, some do not."""


def rooted(patch: Mapping[str, Any], folder: Path | None = None, origin: Origin = NOWHERE) -> Patch:
    """The patch with its relative paths from the root on, those of presets too: they are of `folder`, else of the
    working folder. What is no path (a colour, a camera, an address) stays as it is.

    Raises `SettingsError`, with its place in `origin`, where a database's URL cannot hold the folder's name.
    """
    return {key: _rooted(value, (key,), folder, origin) for key, value in patch.items()}


def _rooted(value: Any, keys: tuple[str, ...], folder: Path | None, origin: Origin) -> Any:
    if isinstance(value, Mapping):
        return {key: _rooted(inner, (*keys, key), folder, origin) for key, inner in value.items()}
    name = ".".join(keys[2:] if keys[0] == "presets" else keys)
    if name == "output.sinks" and isinstance(value, list):
        return [
            _from_root(one, folder or Path.cwd()) if isinstance(one, str) and is_path(one) else one for one in value
        ]
    if not isinstance(value, str):
        return value
    if name == "server.database":
        return _database(value, keys, folder, origin)
    if name not in _READ or not value or _READ[name].is_word(value):
        return value
    path = _from_root(value, folder or Path.cwd())
    if path == value or existing(path) is not None:
        return path
    reads = _READ[name]
    if not (reads.is_meant(value) or (folder is not None and reads.is_meant_in_file(value))):
        return value
    if reads.is_camera(value):
        # Not the file in the working folder, which would be opened first.
        return value if existing(value) is None else f"camera:{value}"
    if folder is not None:
        _tell_of_stray(".".join(keys), value, path)
    return path


def _from_root(text: str, folder: Path) -> str:
    """The path from the root on. A leading ~ stays: it is found from anywhere, and in another home, too."""
    if text.startswith("~") or is_like_address(text) or Path(text).is_absolute():
        return text
    return os.path.join(folder.absolute(), text.removeprefix("./"))  # noqa: PTH118  a slash at the end says something


def _database(url: str, keys: tuple[str, ...], folder: Path | None, origin: Origin) -> str:
    """An SQLAlchemy URL; only SQLite's names a file."""
    found = _SQLITE.fullmatch(url)
    if found is None:
        return url
    whole = (folder or Path.cwd()).absolute()
    path = _from_root(found[2], whole)
    if path == found[2]:
        return url
    # Either way a new one would be begun silently, and no key be known.
    if _NOT_IN_URLS.search(str(whole)):
        of = "the working folder" if folder is None else "the settings file's folder"
        raise origin.error(
            origin.told(keys, f": this is of {of}, whose name cannot stand in a URL as it is: {whole}"),
            "? and % mean something else there: choose another folder, or write a path from the root on",
        )
    if folder is not None:
        _tell_of_stray("server.database", found[2], path)
    return f"{found[1]}{path}{found[3] or ''}"


def _tell_of_stray(name: str, text: str, path: str) -> None:
    """Say where a file is looked for, if there is none and one of that name in the working folder."""
    if existing(path) is None and (here := existing(text)) is not None:
        log.warning(
            "%s: %s is looked for beside the settings file (%s), not here: move it there, or write %s",
            *(name, *map(without_secrets, (text, path, str(here.absolute())))),
        )


def _is_colour_or_live(text: str) -> bool:
    return is_live_name(text) or is_colour(text)


def _is_like_path(text: str) -> bool:
    """Whether a name is meant as a path though nothing is there; there are cameras such as "Cam 2.0 (usb-0/1)"."""
    return _SUFFIX.fullmatch(Path(text).suffix) is not None or ("/" in text and " " not in text)


@dataclass(frozen=True, slots=True)
class _Reads:
    """What may stand in a setting that may be the path of something that is read."""

    is_word: Callable[[str], bool] = lambda text: False
    """Means something else, even where there is a file of that name."""
    is_meant: Callable[[str], bool] = _is_like_path
    """Is meant as a path, though there is no such file."""
    is_meant_in_file: Callable[[str], bool] = lambda text: False
    """Is so in a settings file, too: what lies in the working folder is not found by it."""
    is_camera: Callable[[str], bool] = lambda text: False
    """Is a camera's name nevertheless, where there is no such file."""


# A bare name is looked for in the system's folders.
_FONT: Final = _Reads(is_meant=lambda text: "/" in text or os.sep in text)
_READ: Final[Mapping[str, _Reads]] = {
    "source.input": _Reads(
        is_word=lambda text: not is_file_name(text),
        is_meant_in_file=lambda text: existing(text) is not None,
        is_camera=is_camera_name,
    ),
    "effect.replace.background": _Reads(is_word=_is_colour_or_live, is_meant_in_file=lambda text: True),
    "layers.image.path": _Reads(is_meant=lambda text: True),
    "layers.text.font": _FONT,
    "layers.clock.font": _FONT,
    "privacy.card": _Reads(is_word=_is_colour_or_live, is_meant_in_file=lambda text: True),
}
