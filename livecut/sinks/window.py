"""A window on the screen as a sink; its keys and its closing are reported to whoever opened it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

import cv2

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.sinks.display import Connections, check_display
from livecut.sinks.opaque import GREEN, Opaque
from livecut.sinks.xcb import check_libraries
from livecut.types import Picture, Size

__all__ = ["Key", "Screen", "Window"]

Key: TypeAlias = Literal["q", "space", "m", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
"""Quit, privacy card, mirror, the n-th preset. Escape and closing the window are `q` too."""
_NUMBERS: Final[tuple[Key, ...]] = ("1", "2", "3", "4", "5", "6", "7", "8", "9")

KEYS: Final[Mapping[int, Key]] = {
    ord("q"): "q",
    ord("Q"): "q",
    27: "q",  # Escape
    ord(" "): "space",
    ord("m"): "m",
    ord("M"): "m",
    **{ord(number): number for number in _NUMBERS},
}

_FLAGS: Final = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
"""Resizable, and without OpenCV's tool bar."""


class Screen(Protocol):
    """The part of OpenCV's window functions that is used."""

    def namedWindow(self, name: str, flags: int, /) -> None: ...  # noqa: N802, D102
    def resizeWindow(self, name: str, width: int, height: int, /) -> None: ...  # noqa: N802, D102
    def imshow(self, name: str, picture: Any, /) -> None: ...  # noqa: D102
    def waitKeyEx(self, delay_ms: int, /) -> int: ...  # noqa: N802, D102
    def getWindowProperty(self, name: str, prop: int, /) -> float: ...  # noqa: N802, D102
    def destroyWindow(self, name: str, /) -> None: ...  # noqa: N802, D102


class Window:
    """Shows each picture. Keys: q or Escape quit, space privacy card, m mirror, 1 to 9 a preset.

    `on_key` is called from the thread that writes, once for each key and once for the closing. After that, `write`
    does nothing. macOS draws windows on the main thread only. Raises `DeviceUnavailable` where there is no display;
    `write` raises `DeviceLost` when it has gone, which `alive` tells. Where it goes in the middle of one of OpenCV's
    calls, a few milliseconds for each picture, Qt ends the program all the same.
    """

    def __init__(
        self,
        *,
        size: Size,
        on_key: Callable[[Key], object] | None = None,
        colour: str = GREEN,
        title: str = "livecut",
        screen: Screen | None = None,
        alive: Callable[[], bool] | None = None,
    ) -> None:
        on_display = screen is None
        if screen is None:
            check_display(os.environ)
            check_libraries()
            # OpenCV's Qt complains on stderr that it ships no fonts and that its thread is not the first one.
            os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
            screen = cast(Screen, cv2)
        self.name: Final = "window"
        self._title = title
        self._on_key = on_key or (lambda key: None)
        self._opaque = Opaque(colour)
        self._screen = screen
        self._open = False
        try:
            self._screen.namedWindow(title, _FLAGS)
            self._screen.resizeWindow(title, size.width, size.height)
        except cv2.error as error:
            raise DeviceUnavailable(
                "this OpenCV was built without windows",
                hint="pip uninstall opencv-python-headless, then pip install --force-reinstall opencv-python",
            ) from error
        if alive is None and on_display:
            alive = Connections(os.environ.get("DISPLAY", "")).alive  # only now Qt has connected
        self._alive = alive or (lambda: True)
        self._open = True

    def write(self, picture: Picture) -> None:
        """Show it, and answer the keys pressed since the last one."""
        if not self._open:
            return
        self._check_display()
        if not self._is_there():
            self._open = False  # imshow would open it again
            self._on_key("q")
            return
        self._screen.imshow(self._title, self._opaque.of(picture))
        self._check_display()
        # All of the number but what modifiers add to it: its last eight bits are those of Q for the left arrow.
        code = self._screen.waitKeyEx(1)
        key = KEYS.get(code & 0xFFFF) if code >= 0 else None
        if key is not None:
            self._on_key(key)

    def close(self) -> None:
        """Close the window. Idempotent."""
        if not self._open or not self._alive():
            return
        self._open = False
        try:
            self._screen.destroyWindow(self._title)
            self._screen.waitKeyEx(1)  # lets the toolkit do it
        except cv2.error:
            pass  # already gone

    def _check_display(self) -> None:
        if not self._alive():
            self._open = False  # from now on any call would end the program
            raise DeviceLost("the window's display is gone", hint="start it again, or use another --sink")

    def _is_there(self) -> bool:
        try:
            return self._screen.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # Qt, once its last window is closed
            return False
