"""Paths and addresses as users write them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["absent_hint", "existing", "expanded", "is_like_address", "without_secrets"]

_PATHS_SHOWN: Final = frozenset({"rtsp", "rtsps", "http", "https"})
"""Elsewhere what follows the host may be a stream's key."""
_NO_STREAMS: Final = frozenset({"redis", "rediss", "file"})
"""Nor can it be here, where no message shows any."""
_SAID: Final = re.compile(
    r"""(?:password|passwd|passphrase|pwd|secret|tokens?|credentials?|authori[sz]ation|api[_-]?keys?|cookie)["']?"""
    r"""\s*[:=]\s*(?=\S)|\bbearer\s+(?=\S)""",
    re.IGNORECASE,
)
"""What a secret follows in a text, as in a header or an assignment."""
_HOST: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:\d*)?")


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


def absent_hint(text: str | Path) -> str:
    """What to say to whoever named a file that is not there."""
    if is_like_address(str(text)) or expanded(text).is_absolute():
        return "is every letter of it right?"
    return f"a path begins at the current folder, {Path.cwd()}"


def is_like_address(text: str) -> bool:
    """True for `scheme://...`, whatever the scheme, and not for `C://film.mp4`."""
    scheme, separator, _ = text.strip().partition("://")
    return bool(separator) and not (len(scheme) == 1 and scheme.isalpha())


def without_secrets(text: str) -> str:
    """`text` as it is written, but for what may be a password or a key: `...`. It may be in an address, wherever that
    begins, or follow its name.
    """
    begin = re.search(r"\S*://", text)
    if begin is not None and not is_like_address(text[begin.start() :]):
        begin = None
    if said := _SAID.search(text, 0, len(text) if begin is None else begin.start()):
        return f"{text[: said.end()]}..."
    if begin is None:
        return text
    scheme = re.sub(r".*[^a-z0-9+.-]", "", begin[0].removesuffix("://").lower())
    parts = re.fullmatch(r"([^/?#]*)([^?#]*)(.*)", text[begin.end() :], re.DOTALL)
    assert parts is not None
    place, path, rest = parts.groups()
    user, at, host = place.rpartition("@")
    if "@" in path + rest or not _HOST.fullmatch(host):  # most likely a password that an address cannot hold
        return f"{text[: begin.end()]}..."
    name, colon, password = user.partition(":")
    has_no_stream = scheme.partition("+")[0] in _NO_STREAMS
    is_shown = scheme in _PATHS_SHOWN or has_no_stream
    if path.strip("/") and (not is_shown or set("=&") & set(path) or _SAID.search(path)):
        path = "/..."
    if name and ("%3a" in name.lower() or not (password or has_no_stream)):  # a password as well, or a token
        name = "..."
    password, after = ("..." if part else "" for part in (password, rest[1:]))
    return f"{text[: begin.end()]}{name}{colon}{password}{at}{host}{path}{rest[:1]}{after}"
