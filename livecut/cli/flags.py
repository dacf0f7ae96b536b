"""The curated flags of `run`, each an alias of one setting, turned into patches."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livecut.app.mistakes import wrong_names
from livecut.app.rooted import rooted
from livecut.settings.load import Patch, Start, assignment, nested, start, user_file
from livecut.settings.tree import Settings

__all__ = ["settings_from_flags", "start_from_flags"]

log = logging.getLogger(__name__)


def settings_from_flags(
    *, config: Path | None = None, assignments: Sequence[str] = (), flags: dict[str, Any] | None = None
) -> Settings:
    """All layers: the user's file, `--config`, LIVECUT_*, the flags that were given (path to value), then `--set`.

    For commands that no preset concerns. Raises `SettingsError`, which names the place.
    """
    return _start(config=config, assignments=assignments, flags=flags).base


def start_from_flags(
    *,
    preset: str | None = None,
    config: Path | None = None,
    assignments: Sequence[str] = (),
    flags: dict[str, Any] | None = None,
) -> Start:
    """The same with a preset, which the flags that were given go over; presets that are left out are told."""
    begun = _start(preset=preset, config=config, assignments=assignments, flags=flags)
    for name, error in begun.broken.items():
        meant = f"; did you mean {error.meant[1]}?" if error.meant is not None else ""
        log.warning("preset %s is left out: %s%s", name, error.message, meant)
    return begun


def _start(
    *,
    preset: str | None = None,
    config: Path | None,
    assignments: Sequence[str],
    flags: dict[str, Any] | None,
) -> Start:
    patches: list[Patch] = [nested(path, value) for path, value in (flags or {}).items() if value is not None]
    patches += [assignment(text) for text in assignments]
    return start(
        preset=preset,
        user=user_file(),
        file=config,
        environ=os.environ,
        patches=patches,
        root=rooted,
        check=wrong_names,
    )
