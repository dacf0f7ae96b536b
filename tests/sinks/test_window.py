"""The window, with OpenCV's part played by a fake."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from livecut.errors import DeviceUnavailable
from livecut.protocols import Sink
from livecut.sinks.window import Window, check_display
from livecut.types import Picture, Size


class FakeScreen:
    """Presses `keys` in order, one a picture."""

    def __init__(self, keys: list[int] | None = None) -> None:
        self.keys = keys or []
        self.shown: list[np.ndarray] = []
        self.calls: list[str] = []
        self.visible: float | Exception = 1.0

    def namedWindow(self, name: str, flags: int, /) -> None:  # noqa: N802
        self.calls.append(f"open {name}")

    def resizeWindow(self, name: str, width: int, height: int, /) -> None:  # noqa: N802
        self.calls.append(f"{width}x{height}")

    def imshow(self, name: str, picture: Any, /) -> None:
        self.shown.append(picture.copy())

    def waitKey(self, delay_ms: int, /) -> int:  # noqa: N802
        return self.keys.pop(0) if self.keys else -1

    def getWindowProperty(self, name: str, prop: int, /) -> float:  # noqa: N802
        if isinstance(self.visible, Exception):
            raise self.visible
        return self.visible

    def destroyWindow(self, name: str, /) -> None:  # noqa: N802
        self.calls.append("destroy")


def test_pictures_are_shown_and_keys_reported(picture: Callable[..., Picture]) -> None:
    screen = FakeScreen([-1, ord("m"), ord(" "), ord("x"), 0x100000 | ord("q"), 27])
    keys: list[str] = []
    window = Window(size=Size(64, 48), on_key=keys.append, screen=screen)
    assert isinstance(window, Sink)
    for index in range(6):
        window.write(picture(index))
    assert keys == ["m", "space", "q", "q"]
    assert len(screen.shown) == 6
    np.testing.assert_array_equal(screen.shown[2], picture(2).bgr)
    window.close()
    window.close()
    assert screen.calls == ["open livecut", "64x48", "destroy"]


@pytest.mark.parametrize("closed", [0.0, -1.0, cv2.error("NULL guiReceiver (please create a window)")])
def test_closing_the_window_is_said_once_and_it_stays_closed(
    picture: Callable[..., Picture], closed: float | Exception
) -> None:
    screen = FakeScreen()
    keys: list[str] = []
    window = Window(size=Size(64, 48), on_key=keys.append, screen=screen)
    window.write(picture())
    screen.visible = closed
    for _ in range(3):
        window.write(picture())
    assert keys == ["q"]
    assert len(screen.shown) == 1


def test_transparent_pictures_lie_over_the_colour(picture: Callable[..., Picture]) -> None:
    screen = FakeScreen()
    Window(size=Size(64, 48), screen=screen, colour="#0a0b0c").write(picture(alpha=0))
    assert screen.shown[0][0, 0].tolist() == [12, 11, 10]


def test_keys_without_a_listener_are_ignored(picture: Callable[..., Picture]) -> None:
    Window(size=Size(64, 48), screen=FakeScreen([ord("q")])).write(picture())


def test_an_opencv_without_windows_is_one_line() -> None:
    class Headless(FakeScreen):
        def namedWindow(self, name: str, flags: int, /) -> None:  # noqa: N802
            raise cv2.error("The function is not implemented. Rebuild the library with ...")

    with pytest.raises(DeviceUnavailable) as caught:
        Window(size=Size(64, 48), screen=Headless())
    assert caught.value.message == "this OpenCV was built without windows"
    assert caught.value.hint.startswith("pip uninstall opencv-python-headless")


@pytest.mark.skipif(sys.platform != "linux", reason="only X can be absent")
def test_no_display_is_one_line_before_qt_ends_the_program() -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        check_display({})
    assert caught.value.message == "there is no display for a window: DISPLAY is not set"
    assert caught.value.hint == "without a display use --sink OUT.mp4 or --sink virtualcam"
    with pytest.raises(DeviceUnavailable) as caught:
        check_display({"WAYLAND_DISPLAY": "wayland-0"})
    assert caught.value.hint == "start Xwayland: OpenCV's windows need it"
    with pytest.raises(DeviceUnavailable, match=r"^the display :7 does not answer$"):
        check_display({"DISPLAY": ":7"}, connect=lambda display: False)
    check_display({"DISPLAY": ":7"}, connect=lambda display: True)


@pytest.mark.skipif(sys.platform != "linux", reason="X's sockets")
@pytest.mark.parametrize("display", [":4711", "unix:4711.0", "nonsense", ":x", "127.0.0.1:-1"])
def test_a_display_nobody_serves(display: str) -> None:
    with pytest.raises(DeviceUnavailable, match="does not answer"):
        check_display({"DISPLAY": display})
