"""Paths and addresses as users write them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["SECRET_WORDS", "absent_hint", "existing", "expanded", "is_like_address", "without_secrets"]

_PATHS_SHOWN: Final = frozenset({"rtsp", "rtsps", "http", "https"})
"""Elsewhere what follows the host may be a stream's key."""
_NO_STREAMS: Final = frozenset({"redis", "rediss", "file"})
"""Nor can it be here, where no message shows any."""
SECRET_WORDS: Final = (
    *("password", "passwd", "passphrase", "passcode", "secret", "token", "credential"),
    *("authorization", "authorisation", "bearer"),
)
"""What passwords and keys are called, in names and in texts; where shorter words mean one is for either to say."""
_SAID: Final = re.compile(
    rf"""(?:(?:{"|".join(SECRET_WORDS)})s?|pwd|api[_-]?keys?|cookie)["']?\s*[:=]\s*(?=\S)|\bbearer\s+(?=\S)""",
    re.IGNORECASE,
)
"""What a secret follows in a text, as in a header or an assignment."""
_ADDRESS: Final = re.compile(r"(?<![^\s,;])(?:[^\W\d_]://)?+[^\s,;]*?://")
"""Where an address begins in a text: with a word, whatever stands before its scheme there; `C://` is a drive."""
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
    """`text` as it is written, but for what may be a password or a key: `...`. It may be in addresses, wherever they
    begin, or follow its name.
    """
    begins = list(_ADDRESS.finditer(text))
    if said := _SAID.search(text, 0, begins[0].end() - len("://") if begins else len(text)):
        return f"{text[: said.end()]}..."
    if not begins:
        return text
    # Each as far as the next: what a password may hold, a comma or a blank too, ends none.
    ends = [*(begin.start() for begin in begins[1:]), len(text)]
    shown = [_shown(text[begin.start() : end], len(begin[0])) for begin, end in zip(begins, ends, strict=True)]
    return text[: begins[0].start()] + "".join(shown)


def _shown(piece: str, begin: int) -> str:
    """An address whose place is at `begin`, and what is written after it."""
    text = piece.rstrip(" \t\r\n,;")
    scheme = re.sub(r".*[^a-z0-9+.-]", "", text[:begin].removesuffix("://").lower())
    parts = re.fullmatch(r"([^/?#]*)([^?#]*)(.*)", text[begin:], re.DOTALL)
    assert parts is not None
    place, path, rest = parts.groups()
    user, at, host = place.rpartition("@")
    # Most likely a password that an address cannot hold, or another address with whatever it holds.
    is_none = "@" in path + rest or "://" in place + path or not _HOST.fullmatch(host)
    if is_none or _SAID.search(host):
        return f"{text[:begin]}...{piece[len(text) :]}"
    name, colon, password = user.partition(":")
    has_no_stream = scheme.partition("+")[0] in _NO_STREAMS
    is_shown = scheme in _PATHS_SHOWN or has_no_stream
    if path.strip("/") and (not is_shown or set("=&") & set(path) or _SAID.search(path)):
        path = "/..."
    if name and ("%3a" in name.lower() or not (password or has_no_stream)):  # a password as well, or a token
        name = "..."
    password, after = ("..." if part else "" for part in (password, rest[1:]))
    return f"{text[:begin]}{name}{colon}{password}{at}{host}{path}{rest[:1]}{after}{piece[len(text) :]}"
