"""A video file as a source."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from livecut.errors import DeviceUnavailable
from livecut.sources.playback import Playback
from livecut.sources.video import Video

__all__ = ["FileSource"]


class FileSource(Playback):
    """Frames of a video file (anything FFmpeg reads).

    Raises `DeviceUnavailable` when there is no such file or no video in it, `DeviceLost` from `read` when it breaks
    off in the middle.
    """

    def __init__(self, path: str | Path, *, loop: bool = False, clock: Callable[[], int] = time.monotonic_ns) -> None:
        if Path(path).is_dir():
            raise DeviceUnavailable(f"{path} is a folder, not a video")
        # absolute, so that FFmpeg takes no part of a file's name for a protocol
        opened = partial(Video, str(Path(path).absolute()), name=str(path))
        super().__init__(opened(), name=f"file {Path(path).name}", loop=loop, again=opened, clock=clock)
