"""An X display of our own, without a screen: what it shows, and keys pressed on it."""

from __future__ import annotations

import ctypes
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["NEEDED", "XDisplay", "missing", "x_display"]

NEEDED = ("Xvfb", "xdotool")
PATIENCE_S = 180.0
"""Kernels may have to compile."""
_PAINT_S = 10.0
"""A window that is there is painted long before."""
_CLIENT_MESSAGE = 33


def missing() -> tuple[str, ...]:
    """What there is not of what is needed."""
    return tuple(name for name in NEEDED if shutil.which(name) is None)


class XDisplay:
    """`name` as DISPLAY has it. What is waited for fails after three minutes."""

    def __init__(self, name: str, picture: Path) -> None:
        self.name = name
        self._picture = picture

    def pixels(self) -> NDArray[np.uint8]:
        """The whole screen, as BGR: Xvfb keeps it in a file of X's own format."""
        data = self._picture.read_bytes()
        head = struct.unpack(">25I", data[:100])
        width, height, line, begin = head[4], head[5], head[12], head[0] + 12 * head[19]
        rows = np.frombuffer(data, np.uint8, line * height, begin).reshape(height, line)
        return rows[:, : width * 4].reshape(height, width, 4)[..., :3]

    def wait_for_first(self, title: str, x: int, y: int, bgr: tuple[int, int, int]) -> None:
        """The same of a window that has just been opened.

        On a busy machine one in five stays black where nobody manages windows: Qt takes it for hidden, whatever is
        drawn in it, until it is mapped once more. With a window manager none did.
        """
        again = time.monotonic() + _PAINT_S

        def is_there() -> bool:
            nonlocal again
            if self._is(x, y, bgr):
                return True
            if time.monotonic() > again and (found := self._windows(title)):
                self._do("windowunmap", "--sync", found[0])
                self._do("windowmap", "--sync", found[0])
                again = time.monotonic() + _PAINT_S
            return False

        self._until(is_there, lambda: f"at {x}, {y} the screen is {self.pixels()[y, x]}, not {bgr}")

    def wait_for(self, x: int, y: int, bgr: tuple[int, int, int]) -> None:
        """Until the screen has this colour there."""
        self._until(lambda: self._is(x, y, bgr), lambda: f"at {x}, {y} the screen is {self.pixels()[y, x]}, not {bgr}")

    def focus(self, title: str) -> int:
        """The window of this title, which gets the keys from then on. Wait for its picture first: Qt paints nothing in
        one that got them before.
        """
        self._until(lambda: bool(self._windows(title)), lambda: f"no window {title}")
        window = self._windows(title)[0]
        self._do("windowfocus", "--sync", window)
        return int(window)

    def press(self, *keys: str) -> None:
        """Press keys, by X's names."""
        for key in keys:
            self._do("key", key)

    def ask_to_close(self, window: int) -> None:
        """What a window manager does when the window's close button is clicked."""
        x = ctypes.CDLL("libX11.so.6")
        x.XOpenDisplay.restype = ctypes.c_void_p
        x.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x.XOpenDisplay(self.name.encode()))
        protocols, delete = (x.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
        # XClientMessageEvent: type, serial, send_event, display, window, message_type, format, data.
        event = struct.pack("@iLiPLLi5l", _CLIENT_MESSAGE, 0, 1, 0, window, protocols, 32, delete, 0, 0, 0, 0)
        x.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), event.ljust(192, b"\0"))
        x.XCloseDisplay(display)

    def _is(self, x: int, y: int, bgr: tuple[int, int, int]) -> bool:
        return bool(np.abs(self.pixels()[y, x].astype(int) - bgr).max() <= 8)

    def _windows(self, title: str) -> list[str]:
        return self._do("search", "--onlyvisible", "--name", f"^{title}$").stdout.split()

    def _do(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DISPLAY": self.name}
        return subprocess.run(["xdotool", *arguments], env=environment, capture_output=True, text=True, timeout=60)

    def _until(self, is_so: Callable[[], bool], told: Callable[[], str]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < end, told()
            time.sleep(0.05)


@contextmanager
def x_display(folder: Path) -> Iterator[XDisplay]:
    """A display with a number that is free; `folder` is for its picture."""
    told, tell = os.pipe()
    command = ["Xvfb", "-displayfd", str(tell), "-screen", "0", "640x480x24", "-fbdir", str(folder), "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[tell], stderr=subprocess.DEVNULL)
    os.close(tell)
    try:
        with os.fdopen(told) as numbers:
            number = numbers.readline().strip()
        assert number, "Xvfb did not start"
        yield XDisplay(f":{number}", folder / "Xvfb_screen0")
    finally:
        process.terminate()
        process.wait(60)
