"""A still from the running filter: a tap that keeps the next picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from livecut.app.still_files import kind_of, write_whole
from livecut.errors import DeviceLost
from livecut.settings import Settings
from livecut.types import Picture, Pixels, Plane8

__all__ = ["SnapshotSink", "write_still"]

_WAIT_S: Final = 5.0
_OPENING_S: Final = 10.0
"""More for a camera that has to be opened first."""
_SETTLE_S: Final = 0.3
"""Until a camera's exposure and white balance stand, after it was opened."""


class SnapshotSink:
    """Copies one picture when asked; costs nothing otherwise. The privacy card is never taken for a picture."""

    name: Final = "snapshot"

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wanted = threading.Event()
        self._taken = threading.Event()
        self._taking = threading.Lock()
        self._since_s: float | None = 0.0
        """When the first picture after the card came; None while that is shown."""
        self._pixels: Pixels | None = None
        self._alpha: Plane8 | None = None

    @property
    def wanted(self) -> bool:
        """True while a picture is waited for."""
        return self._wanted.is_set()

    def is_watched(self) -> bool:
        """A still wakes a camera that rests."""
        return self.wanted

    def write(self, picture: Picture) -> None:
        """Keep it if one is wanted."""
        if picture.is_card:
            self._since_s = None
            return
        if self._since_s is None:
            self._since_s = self._clock()
        if not self._wanted.is_set() or self._clock() - self._since_s < _SETTLE_S:
            return
        self._pixels = picture.bgr.copy()
        self._alpha = None if picture.alpha is None else picture.alpha.copy()
        self._wanted.clear()
        self._taken.set()

    def take(self, timeout_s: float = _WAIT_S, *, burst: int = 1) -> NDArray[np.uint8]:
        """The sharpest of the next `burst` pictures, or of those that come in the time: BGR, or BGRA with its alpha.

        Raises `DeviceLost` when only the card is shown.
        """
        with self._taking:
            best = self._best(time.monotonic() + timeout_s, burst)
        if best is None:
            raise DeviceLost("no picture came: the privacy card is shown", hint="try again when the picture is back")
        _, bgr, alpha = best
        return bgr if alpha is None else np.dstack([bgr, alpha])

    def close(self) -> None:
        """Nothing to close."""

    def _best(self, end: float, burst: int) -> tuple[float, Pixels, Plane8 | None] | None:
        """Sharpness and pixels of the sharpest of the pictures that come until then; None when none does."""
        best: tuple[float, Pixels, Plane8 | None] | None = None
        if burst > 1:
            # Not before: the first picture must not wait for what kernels need.
            from livecut.kernels.cpu.sharpness import sharpness
        for _ in range(burst):
            self._taken.clear()
            self._wanted.set()
            if not self._taken.wait(max(0.0, end - time.monotonic())):
                self._wanted.clear()
                break
            assert self._pixels is not None
            score = sharpness(self._pixels) if burst > 1 else 0.0
            if best is None or score > best[0]:
                best = score, self._pixels, self._alpha
        return best


def write_still(sink: SnapshotSink, target: Path, settings: Settings, *, burst: int = 1, opens: bool = False) -> None:
    """Write the sharpest of the filter's next pictures, as the name's ending says; PNG where it says nothing.

    `opens`: a camera that rests has to be opened for it, which may take its time.
    What a filter of these `settings` reads or writes is not written over: raises `SettingsError`. Raises `DeviceLost`
    as `SnapshotSink.take` does.
    """
    from livecut.app.overwriting import refuse_replacing
    from livecut.app.still_image import encode_as

    refuse_replacing(target, settings)
    pixels = sink.take(_WAIT_S + (_OPENING_S if opens else 0.0), burst=burst)
    write_whole(target, encode_as(kind_of(target) or "png", pixels))
