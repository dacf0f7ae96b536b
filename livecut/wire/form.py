"""A multipart form as data: named parts, each a text or a file."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

__all__ = ["MAX_URL_CHARS", "Form", "Upload", "find_text", "find_upload", "name_of_url"]

MAX_URL_CHARS: Final = 2048
"""A longer address is not fetched."""
_MAX_NAME_CHARS = 255
# Beyond the longest text that means anything; what is longer is not decoded, only for being refused.
_MAX_TEXT_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form."""

    content: bytes = field(repr=False)
    """What is in the file; kept out of the repr, since it is somebody's picture."""
    name: str = ""
    """The file's name as the sender gave it: a label, never a path to open."""
    media_type: str = "application/octet-stream"
    """What the sender claims it to be; what it is, its bytes say."""


Form: TypeAlias = tuple[tuple[str, str | Upload], ...]
"""Parts in the order in which they are sent; a name may come twice."""


def find_upload(form: Iterable[tuple[str, str | Upload]], name: str) -> Upload | None:
    """The first part called `name`, as a file; a text part counts as a file without a name (`curl -F image=<FILE`).

    Browsers send a field for files that was left blank as a part with neither name nor content: it is none.
    """
    for part, value in form:
        if part == name:
            upload = value if isinstance(value, Upload) else Upload(value.encode("utf-8", "surrogateescape"))
            return upload if upload.name or upload.content else None
    return None


def find_text(form: Iterable[tuple[str, str | Upload]], name: str) -> str | None:
    """The first part called `name` as text without surrounding blanks; None when absent, empty or not UTF-8.

    Of a part longer than 16 KB its beginning: too long for anything, but short enough to be looked at.
    """
    for part, value in form:
        if part != name:
            continue
        if isinstance(value, str):
            return value[:_MAX_TEXT_BYTES].strip() or None
        cut = len(value.content) > _MAX_TEXT_BYTES
        try:
            # Where it is cut, a character may be, too.
            text, _ = codecs.utf_8_decode(value.content[:_MAX_TEXT_BYTES], "strict", not cut)
        except UnicodeDecodeError:
            return None
        return text.strip() or None
    return None


def name_of_url(url: str) -> str:
    """The last part of a URL's path, decoded, at most 255 characters; empty when there is none or the URL too long."""
    if len(url) > MAX_URL_CHARS:
        return ""
    try:
        return unquote(PurePosixPath(urlsplit(url).path).name)[:_MAX_NAME_CHARS]
    except ValueError:
        return ""
