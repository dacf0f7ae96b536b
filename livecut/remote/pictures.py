"""A picture on its way to a service: from memory or from a file, with a name that says nothing about the disk."""

from __future__ import annotations

from pathlib import Path

from livecut.errors import ImageError
from livecut.remote.shrink import checked
from livecut.wire.form import Upload
from livecut.wire.limits import Limits

__all__ = ["upload"]

_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


def upload(picture: bytes | Path, limits: Limits, *, stem: str, shrink: bool) -> Upload:
    """The file part for a picture within the limits; of a path, only the last part is sent as its name."""
    if isinstance(picture, Path):
        try:
            data, name = picture.read_bytes(), picture.name
        except OSError as error:
            raise ImageError(f"{picture} cannot be read: {error.strerror}", hint="check the path") from error
    else:
        data, name = picture, ""
    data, header = checked(data, limits, what=name or f"the {stem}", shrink=shrink)
    return Upload(data, name or stem + _SUFFIXES[header.media_type], header.media_type)
