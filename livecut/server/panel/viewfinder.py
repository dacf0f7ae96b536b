"""The panel's view of the outputs: keeps a picture while somebody waits for one."""

from __future__ import annotations

import io
import math
import threading
import time
from typing import Final

from PIL import Image

from livecut.sinks.opaque import GREEN
from livecut.types import Picture, Pixels, Plane8

__all__ = ["Viewfinder"]

_WIDTH_PX: Final = 640
_QUALITY: Final = 82
_STILL_LOOKS_S: Final = 2.0
"""A page asks for one picture after the other, with pauses."""


class Viewfinder:
    """A tap of the session's. It gets what every output gets, the privacy card too, and never the camera's picture;
    unwatched it costs nothing.
    """

    name: Final = "panel"

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._waiting = 0
        self._count = 0
        self._kept: tuple[Pixels, Plane8 | None] | None = None
        self._closed = False
        self._asked_s = -math.inf

    def write(self, picture: Picture) -> None:
        """Keep a copy if somebody waits for one."""
        # Read without the lock: at worst one picture is missed.
        if not self._waiting:
            return
        # Nothing but copies: this thread's time is the outputs'.
        kept = picture.bgr.copy(), None if picture.alpha is None else picture.alpha.copy()
        with self._change:
            self._kept = kept
            self._count += 1
            self._change.notify_all()

    def is_watched(self) -> bool:
        """Whether a page showed pictures a moment ago."""
        return time.monotonic() - self._asked_s < _STILL_LOOKS_S

    def jpeg(self, timeout_s: float = 1.0) -> bytes:
        """The next picture, at most 640 pixels wide, what is transparent over green; nothing when none comes in the
        time.
        """
        self._asked_s = time.monotonic()
        with self._change:
            seen = self._count
            self._waiting += 1
            try:
                self._change.wait_for(lambda: self._closed or self._count != seen, timeout_s)
            finally:
                self._waiting -= 1
            if self._count == seen or self._kept is None:
                return b""
            bgr, alpha = self._kept
        height, width = bgr.shape[:2]
        image = Image.frombuffer("RGB", (width, height), bgr, "raw", "BGR", 0, 1)
        if alpha is not None:
            image = Image.composite(image, Image.new("RGB", image.size, GREEN), Image.fromarray(alpha))
        stream = io.BytesIO()
        image.reduce(max(1, -(-width // _WIDTH_PX))).save(stream, "JPEG", quality=_QUALITY)
        return stream.getvalue()

    def close(self) -> None:
        """Let go of who waits."""
        with self._change:
            self._closed = True
            self._change.notify_all()
