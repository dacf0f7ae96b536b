"""Turns `effect.replace.background` into what stands behind the person: a colour, a picture, a video, a live source."""

from __future__ import annotations

import atexit
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from livecut.app.mistakes import absent_background, source_as_background
from livecut.colours import is_colour, parse_colour
from livecut.effects.backdrop import (
    Backdrop,
    ColourBackdrop,
    LiveBackdrop,
    LiveFeed,
    LostBackdrop,
    PictureBackdrop,
    SourceBackdrop,
)
from livecut.errors import DeviceError, ImageError
from livecut.kernels.cpu.geometry import Fit
from livecut.paths import existing
from livecut.settings import Settings
from livecut.settings.sections import ReplaceSettings
from livecut.sources import is_live_name, open_source
from livecut.sources.picture import is_picture, read_picture
from livecut.types import Size

__all__ = ["build_backdrop", "replace_table", "wait_for_feeds"]

# A plan is built before the one it follows is closed, and a camera can be opened once: they share it.
_feeds: dict[str, LiveFeed] = {}
_feeds_lock = threading.Lock()
# Held for seconds, where the other one is for moments.
_opening = threading.Lock()

_CLOSED_S: Final = 5.0
"""How long a live source may take to close: longer than the watchdog of a camera that no longer answers."""


def replace_table(settings: Settings, size: Size) -> dict[str, Any]:
    """What the effect `replace` takes, on the CPU and on a GPU; the background is opened, as `build_backdrop` says.

    Raises `ImageError` where it is the source itself: the very room would stand behind the person.
    """
    wanted, matte = settings.effect.replace, settings.matte
    if (mistake := source_as_background(settings)) is not None:
        raise mistake
    return {
        "backdrop": build_backdrop(wanted, size),
        "light_wrap": matte.light_wrap,
        "decontaminate": matte.decontaminate,
        "match": wanted.match,
        "fallback": wanted.fallback,
    }


def build_backdrop(settings: ReplaceSettings, size: Size) -> Backdrop:
    """Open the background; raises `ImageError` (exit code 2) when it is neither a colour nor a file.

    `camera:1`, `camera:NAME`, `screen` and `screen:2` are live ones. These words and colours mean the same whatever
    files lie around: what stands behind somebody in a call must not hang on the folder that livecut is started in.
    What is there and cannot be opened is a lost background where the settings have a fallback for it, else an
    `ImageError` (files) or a `DeviceError` (live ones).
    """
    background = settings.background
    if is_colour(background):
        return ColourBackdrop(size, parse_colour(background))
    if (mistake := absent_background(background)) is not None:
        raise mistake
    path = None if is_live_name(background) else existing(background)
    try:
        return _opened(background, path, size, settings.fit)
    except (ImageError, DeviceError) as error:
        if settings.fallback == "card":
            raise
        return LostBackdrop(error)


def _opened(background: str, path: Path | None, size: Size, mode: Fit) -> Backdrop:
    # A camera's node exists as a file does, and is read at its own pace, not the filter's.
    if path is None or path.is_char_device():
        feed = _held_feed(background, size)
        try:
            return LiveBackdrop(size, feed, mode)
        except BaseException:
            feed.release()
            raise
    if path.is_fifo() or path.is_socket():
        raise ImageError(f"the background {background} is no file", hint="name a picture or a video")
    if is_picture(path):
        return PictureBackdrop(size, read_picture(path, longest_px=2 * max(size)), mode)
    found = path.stat()
    try:
        source = open_source(str(path), loop=True)
    except DeviceError as error:
        raise ImageError(f"the background {background} cannot be read: {error}", hint=error.hint) from error
    try:
        # Written anew, it is another video.
        return SourceBackdrop(size, source, mode, what=(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size))
    except BaseException:
        source.close()
        raise


def _held_feed(background: str, size: Size) -> LiveFeed:
    """The feed of this source, held once more: a plan that is closed meanwhile must not end it."""
    feed = _one_more_of(background)
    if feed is not None:
        return feed
    with _opening:
        feed = _one_more_of(background)  # opened meanwhile
        if feed is not None:
            return feed
        # Perhaps the same device by another name.
        wait_for_feeds()
        reopen = partial(open_source, background, size=size)
        feed = LiveFeed(reopen(), reopen=reopen)
        with _feeds_lock:
            _feeds[background] = feed
        return feed


def _one_more_of(background: str) -> LiveFeed | None:
    with _feeds_lock:
        feed = _feeds.get(background)
    return feed if feed is not None and feed.hold() else None


def wait_for_feeds() -> None:
    """Return when the live backgrounds that nobody shows any more are closed, or after a few seconds.

    One that is being opened is not waited for.
    """
    deadline = time.monotonic() + _CLOSED_S
    for name, feed in _all_feeds():
        if feed.ended and feed.wait(max(0.0, deadline - time.monotonic())):
            with _feeds_lock:
                if _feeds.get(name) is feed:
                    del _feeds[name]


def _all_feeds() -> tuple[tuple[str, LiveFeed], ...]:
    with _feeds_lock:
        return tuple(_feeds.items())


@atexit.register
def _close_feeds() -> None:
    """Before the process ends: its daemon threads would be cut off with cameras open."""
    for _, feed in _all_feeds():
        feed.end()
    wait_for_feeds()
