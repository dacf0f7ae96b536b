"""What was most likely meant by a word that is none."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(word: str, among: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The one of them spelt most like `word`; None where none is alike, by `cutoff`, 0 … 1 (difflib's ratio)."""
    from difflib import get_close_matches  # here, for it is needed where something is wrong

    found = get_close_matches(word, list(among), n=1, cutoff=cutoff)
    return found[0] if found else None
