"""Refuses outputs that would go over what the run reads, or over each other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from livecut.errors import SettingsError
from livecut.paths import expanded
from livecut.settings import Settings
from livecut.settings.live import leaves
from livecut.sinks import is_path
from livecut.sinks.frames import frame_path, is_frame_of, is_frame_pattern

__all__ = ["refuse_overwriting", "refuse_replacing"]

_HINT = "choose another --sink"
_FAR = 10**20
"""More digits than a pattern has room for: there 7 and %06d are written alike."""
_FILES: Final = {
    "the background": ("effect", "replace", "background"),
    "the privacy card": ("privacy", "card"),
    "the image on the picture": ("layers", "image", "path"),
}
"""What presets may name, too, to be read later."""


def refuse_overwriting(settings: Settings, *, others: Mapping[str, str | Path] | None = None) -> None:
    """Raise `SettingsError` when an output is also an input or another output, under whatever name.

    `others` are more files to be kept: what each is, and its path.
    """
    kept = _read(settings, others)
    earlier: list[str] = []
    for sink in filter(is_path, settings.output.sinks):
        for what, path in kept.items():
            if _goes_over(sink, path):
                raise SettingsError(f"{sink} is {what} and would be overwritten", hint=_HINT)
        for other in earlier:
            if _is_one_file(_typical(sink), _typical(other)):
                raise SettingsError(f"{other} and {sink} are the same file", hint=_HINT)
        earlier.append(sink)


def refuse_replacing(target: Path, settings: Settings) -> None:
    """Raise `SettingsError` when one more file, `target`, would go over what a run reads or writes."""
    for what, path in _read(settings).items():
        if _is_one_file(target, path):
            raise SettingsError(f"{target} is {what} and would be overwritten", hint="choose another name")
    for sink in filter(is_path, settings.output.sinks):
        if _goes_over(sink, target):
            raise SettingsError(f"{target} is written by the running filter", hint="choose another name")


def _read(settings: Settings, others: Mapping[str, str | Path] | None = None) -> dict[str, Path]:
    """What a run reads, by what it is there."""
    named: dict[str, str | Path] = {
        "the source": settings.source.input,
        "the background": settings.effect.replace.background,
        "the privacy card": settings.privacy.card,
        "the image on the picture": settings.layers.image.path,
        **(others or {}),
    }
    for name, patch in settings.presets.items():
        there = dict(leaves(patch))
        named |= {f"{what} of the preset {name}": there[keys] for what, keys in _FILES.items() if keys in there}
    return {what: expanded(path) for what, path in named.items() if path}


def _goes_over(sink: str, path: Path) -> bool:
    if not is_frame_pattern(sink):
        return _is_one_file(Path(sink), path)
    folder = frame_path(sink, 0).parent
    spellings = (path, Path(os.path.realpath(path)))
    return any(is_frame_of(each, sink) and _is_one_file(each.parent, folder) for each in spellings)


def _typical(sink: str) -> Path:
    """The file, or one that stands for all of the frames."""
    return frame_path(sink, _FAR) if is_frame_pattern(sink) else Path(sink)


def _is_one_file(one: Path, other: Path) -> bool:
    """Through links and relative spellings, also of files that are not there yet."""
    if os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other)):
        return True
    try:
        return one.samefile(other)  # hard links, and file systems without upper and lower case
    except OSError:
        return False
