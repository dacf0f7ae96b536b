"""A screen as a source, by mss where that is installed."""

from __future__ import annotations

import importlib
import time
from typing import Any, Final

import numpy as np

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.types import Frame, Size

__all__ = ["ScreenSource"]


class ScreenSource:
    """Pictures of one monitor, `fps` a second at most; 1 is the first one.

    mss takes a picture only on the thread that opened it, so it is opened at the first `read`. Raises
    `DeviceUnavailable` where mss is not installed or there is no such monitor, `DeviceLost` from `read` when the
    display goes away.
    """

    live: Final = True

    def __init__(self, monitor: int = 1, *, fps: float | None = None) -> None:
        try:
            self._mss: Any = importlib.import_module("mss")
        except ImportError as error:
            raise DeviceUnavailable("a screen needs mss", hint="pip install 'livecut[screen]'") from error
        try:
            with self._mss.mss() as screens:
                monitors = screens.monitors[1:]
        except Exception as error:  # mss has errors of each system
            raise DeviceUnavailable(f"no screen can be read: {error}", hint="is there a display?") from error
        if not 1 <= monitor <= len(monitors):
            raise DeviceUnavailable(f"there is no screen {monitor}", hint=f"there are {len(monitors)}")
        self._area = monitors[monitor - 1]
        self.name = f"screen {monitor}"
        self.size = Size(int(self._area["width"]), int(self._area["height"]))
        self.fps = fps or 15.0
        self._screens: Any = None
        self._next_s = 0.0
        self._index = 0

    def read(self) -> Frame:
        """The screen as it is, no sooner than its rate allows."""
        time.sleep(max(0.0, self._next_s - time.monotonic()))
        self._next_s = time.monotonic() + 1.0 / self.fps
        try:
            if self._screens is None:
                self._screens = self._mss.mss()
            bgr = np.ascontiguousarray(np.asarray(self._screens.grab(self._area))[:, :, :3], np.uint8)
        except Exception as error:
            raise DeviceLost(f"{self.name} cannot be read any more: {error}") from error
        frame = Frame(bgr, self._index, time.monotonic_ns())
        self._index += 1
        return frame

    def close(self) -> None:
        """Let the display go. Idempotent."""
        screens, self._screens = self._screens, None
        if screens is not None:
            screens.close()
