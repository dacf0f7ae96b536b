"""Paths as users write them."""

from __future__ import annotations

from pathlib import Path

__all__ = ["existing", "expanded"]


def expanded(text: str | Path) -> Path:
    """The path that `text` names, a leading ~ expanded where it is somebody's home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def existing(text: str) -> Path | None:
    """The file, folder or device that `text` names, a leading ~ expanded; None where there is none, or no path is."""
    try:
        path = expanded(text)
        return path if path.exists() else None
    except (OSError, ValueError):
        # A name too long for the system, a null character.
        return None
