"""The window, with OpenCV's part played by a fake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.protocols import Sink
from livecut.sinks.window import Window
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

    def waitKeyEx(self, delay_ms: int, /) -> int:  # noqa: N802
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


def test_numbers_are_reported_and_nought_is_none(picture: Callable[..., Picture]) -> None:
    screen = FakeScreen([ord(key) for key in "1905"])
    keys: list[str] = []
    window = Window(size=Size(64, 48), on_key=keys.append, screen=screen)
    for index in range(4):
        window.write(picture(index))
    assert keys == ["1", "9", "5"]


@pytest.mark.parametrize("code", [0xFF51, 0xFF53, 0xFF31, 0xFE51, 0x250000, 0x310000, 0])
def test_arrows_and_other_keys_without_a_character_are_none(picture: Callable[..., Picture], code: int) -> None:
    keys: list[str] = []
    window = Window(size=Size(64, 48), on_key=keys.append, screen=FakeScreen([code, ord("m")]))
    for index in range(2):
        window.write(picture(index))
    assert keys == ["m"]


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


class Gone:
    """A display that is there for so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __call__(self) -> bool:
        self.looks -= 1
        return self.looks >= 0


@pytest.mark.parametrize(("looks", "shown"), [(2, 1), (3, 2)])
def test_a_display_that_goes_away_is_a_loss_and_opencv_is_left_alone(
    picture: Callable[..., Picture], looks: int, shown: int
) -> None:
    screen = FakeScreen([ord("m"), ord("m")])
    keys: list[str] = []
    window = Window(size=Size(64, 48), on_key=keys.append, screen=screen, alive=Gone(looks))
    window.write(picture(0))
    with pytest.raises(DeviceLost) as caught:
        window.write(picture(1))
    assert caught.value.message == "the window's display is gone"
    assert caught.value.hint == "start it again, or use another --sink"
    window.write(picture(2))
    window.close()
    assert (len(screen.shown), keys) == (shown, ["m"])
    assert screen.calls == ["open livecut", "64x48"]


def test_closing_after_the_display_leaves_opencv_alone() -> None:
    screen = FakeScreen()
    Window(size=Size(64, 48), screen=screen, alive=lambda: False).close()
    assert screen.calls == ["open livecut", "64x48"]
