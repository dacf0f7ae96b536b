"""Write one picture to a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from livecut.errors import DeviceUnavailable
from livecut.types import Pixels

__all__ = ["write_picture"]


def write_picture(path: Path, bgr: Pixels) -> None:
    """Write BGR pixels as PNG through a neighbouring temporary name. Raises `DeviceUnavailable`."""
    part = path.with_name(f".{path.name}.part")
    try:
        Image.fromarray(bgr[:, :, ::-1]).save(part, format="PNG")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DeviceUnavailable(f"{path} cannot be written: {error.strerror or error}") from error
