"""Turns `effect.replace.background` into what stands behind the person: a colour, a picture or a looping video."""

from __future__ import annotations

from pathlib import Path

from livecut.colours import parse_colour
from livecut.effects.backdrop import Backdrop, ColourBackdrop, PictureBackdrop, SourceBackdrop
from livecut.errors import DeviceError, ImageError
from livecut.settings.sections import ReplaceSettings
from livecut.sources import open_source
from livecut.sources.picture import is_picture, read_picture
from livecut.types import Size

__all__ = ["build_backdrop"]


def build_backdrop(settings: ReplaceSettings, size: Size) -> Backdrop:
    """Open the background; raises `ImageError` (exit code 2) when it is no colour and cannot be read."""
    background, mode = settings.background, settings.fit
    path = Path(background).expanduser()
    if not path.exists():
        try:
            return ColourBackdrop(size, parse_colour(background))
        except ValueError as error:
            raise ImageError(
                f"the background {background} is neither a colour nor a file", hint="write #rrggbb or a path"
            ) from error
    if is_picture(path):
        return PictureBackdrop(size, read_picture(path, longest_px=2 * max(size)), mode)
    try:
        source = open_source(str(path), loop=True)
    except DeviceError as error:
        raise ImageError(f"the background {background} cannot be read: {error}", hint=error.hint) from error
    return SourceBackdrop(size, source, mode)
