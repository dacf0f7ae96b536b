"""A window on the screen as a sink; its keys and its closing are reported to whoever opened it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

import cv2

from livecut.errors import DeviceUnavailable
from livecut.sinks.opaque import GREEN, Opaque
from livecut.types import Picture, Size

__all__ = ["Key", "Screen", "Window"]

Key: TypeAlias = Literal["q", "space", "m"]
"""Quit, privacy card, mirror. Escape and closing the window are `q` too."""

KEYS: Final[Mapping[int, Key]] = {
    ord("q"): "q",
    ord("Q"): "q",
    27: "q",  # Escape
    ord(" "): "space",
    ord("m"): "m",
    ord("M"): "m",
}

_FLAGS: Final = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
"""Resizable, and without OpenCV's tool bar."""


class Screen(Protocol):
    """The part of OpenCV's window functions that is used."""

    def namedWindow(self, name: str, flags: int, /) -> None: ...  # noqa: N802, D102
    def resizeWindow(self, name: str, width: int, height: int, /) -> None: ...  # noqa: N802, D102
    def imshow(self, name: str, picture: Any, /) -> None: ...  # noqa: D102
    def waitKey(self, delay_ms: int, /) -> int: ...  # noqa: N802, D102
    def getWindowProperty(self, name: str, prop: int, /) -> float: ...  # noqa: N802, D102
    def destroyWindow(self, name: str, /) -> None: ...  # noqa: N802, D102


class Window:
    """Shows each picture. Keys: q or Escape quit, space privacy card, m mirror.

    `on_key` is called from the thread that writes, once for each key and once for the closing. After that, `write`
    does nothing. macOS draws windows on the main thread only. Raises `DeviceUnavailable` where there is no display.
    """

    def __init__(
        self,
        *,
        size: Size,
        on_key: Callable[[Key], object] | None = None,
        colour: str = GREEN,
        title: str = "livecut",
        screen: Screen | None = None,
    ) -> None:
        if screen is None:
            check_display(os.environ)
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
        self._open = True

    def write(self, picture: Picture) -> None:
        """Show it, and answer the keys pressed since the last one."""
        if not self._open:
            return
        if not self._is_there():
            self._open = False  # imshow would open it again
            self._on_key("q")
            return
        self._screen.imshow(self._title, self._opaque.of(picture))
        code = self._screen.waitKey(1)
        key = KEYS.get(code & 0xFF) if code >= 0 else None
        if key is not None:
            self._on_key(key)

    def close(self) -> None:
        """Close the window. Idempotent."""
        if not self._open:
            return
        self._open = False
        try:
            self._screen.destroyWindow(self._title)
            self._screen.waitKey(1)  # lets the toolkit do it
        except cv2.error:
            pass  # already gone

    def _is_there(self) -> bool:
        try:
            return self._screen.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # Qt, once its last window is closed
            return False


def check_display(environment: Mapping[str, str], connect: Callable[[str], bool] | None = None) -> None:
    """Raise `DeviceUnavailable` where a window cannot open: Qt would end the whole program instead of saying so."""
    if sys.platform != "linux":
        return
    display = environment.get("DISPLAY", "")
    if not display:
        hint = "start Xwayland: OpenCV's windows need it" if environment.get("WAYLAND_DISPLAY") else _NO_WINDOW
        raise DeviceUnavailable("there is no display for a window: DISPLAY is not set", hint=hint)
    if not (connect or _answers)(display):
        raise DeviceUnavailable(f"the display {display} does not answer", hint=_NO_WINDOW)


_NO_WINDOW: Final = "without a display use --sink OUT.mp4 or --sink virtualcam"


def _answers(display: str) -> bool:
    """True when something listens at an X display such as :0, unix:0.0 or host:10.0."""
    host, _, numbers = display.rpartition(":")
    number = numbers.partition(".")[0]
    if not number.isdigit():
        return False
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return any(_connects(socket.AF_UNIX, address) for address in (f"\0{path}", path))
    return _connects(socket.AF_INET, (host, 6000 + int(number)))


def _connects(family: socket.AddressFamily, address: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(2.0)
        try:
            client.connect(address)
        except OSError:
            return False
    return True
