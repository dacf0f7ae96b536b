"""Where in a TOML file a setting stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

__all__ = ["place_of"]


def place_of(keys: Sequence[str], text: str) -> tuple[int, int] | None:
    """Line and column, from 1 on, of the key that begins the setting `keys`; None where it does not stand there."""
    if not keys or not _has(keys, _read(text)):
        return None
    lines = text.splitlines(keepends=True)
    name = re.compile(rf"(?<![\w-]){re.escape(keys[-1])}(?![\w-])")
    for number, line in enumerate(lines):
        found = name.search(line)
        # What is before it lacks the setting: it is not a comment, nor a table of the same name, which names it here.
        if found and not _has(keys, _read("".join(lines[:number]))) and _has(keys, _first_whole(lines, number)):
            return number + 1, found.start() + 1
    return None


def _first_whole(lines: Sequence[str], number: int) -> dict[str, Any] | None:
    """What the file says with the statement that has this line."""
    for end in range(number + 1, len(lines) + 1):
        if (tree := _read("".join(lines[:end]))) is not None:
            return tree
    return None


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _has(keys: Sequence[str], tree: Any) -> bool:
    for key in keys:
        if not isinstance(tree, dict) or key not in tree:
            return False
        tree = tree[key]
    return True
