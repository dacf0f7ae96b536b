"""Turns `effect.replace.background` into what stands behind the person: a colour, a picture, a video, a live source."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from livecut.colours import parse_colour
from livecut.effects.backdrop import Backdrop, ColourBackdrop, LiveBackdrop, LiveFeed, PictureBackdrop, SourceBackdrop
from livecut.errors import DeviceError, ImageError
from livecut.settings.sections import ReplaceSettings
from livecut.sources import open_source
from livecut.sources.picture import is_picture, read_picture
from livecut.types import Size

__all__ = ["build_backdrop"]

# A plan is built before the one it follows is closed, and a camera can be opened once: they share it.
_feeds: dict[str, LiveFeed] = {}
_feeds_lock = threading.Lock()

_LIVE = re.compile(r"(camera:.+|screen(:\d{1,2})?)")


def build_backdrop(settings: ReplaceSettings, size: Size) -> Backdrop:
    """Open the background; raises `ImageError` (exit code 2) when it is no colour and cannot be read.

    `camera:1`, `camera:NAME`, `screen` and `screen:2` are live ones; what is wrong with them is a `DeviceError`.
    """
    background, mode = settings.background, settings.fit
    path = Path(background).expanduser()
    if not path.exists():
        if _LIVE.fullmatch(background):
            return LiveBackdrop(size, _feed(background, size), mode)
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


def _feed(background: str, size: Size) -> LiveFeed:
    with _feeds_lock:
        feed = _feeds.get(background)
        if feed is None or feed.ended:
            feed = _feeds[background] = LiveFeed(open_source(background, size=size))
        return feed
