"""Where frames come from: `open_source` decides by what the user wrote."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from livecut import plugins
from livecut.errors import DeviceUnavailable
from livecut.paths import absent_hint, existing, is_like_address, without_secrets
from livecut.protocols import Source
from livecut.types import Size

__all__ = ["is_camera_name", "is_file_name", "is_live_name", "is_same_source", "open_source"]

# Each branch imports its own module: OpenCV, PyAV and Pillow load only where they are needed.


def open_source(
    input: str,  # the name of the setting
    *,
    size: Size | None = None,
    fps: float | None = None,
    mjpg: bool = True,
    loop: bool = False,
    stale_after_s: float = 3.0,
    timeout_s: float = 10.0,
) -> Source:
    """Open what `input` names, tried in this order.

    `demo`; `screen` or `screen:2`; a camera's index, `camera:` and its index or name, or /dev/videoN; a stream's
    address; an existing file, which is a picture or a video by its content; a plug-in's name; a camera's name or an
    unambiguous part of it. Raises `DeviceUnavailable`, for a broken picture `ImageError`, for a broken plug-in
    `PluginError`.
    """
    if input == "demo":
        from livecut.sources.demo import DemoSource

        return DemoSource(size=size, fps=fps)
    screen = _screen_number(input)
    if screen is not None:
        from livecut.sources.screen import ScreenSource

        return ScreenSource(screen, fps=fps)
    if input.startswith("camera:") and not input.removeprefix("camera:").isdecimal():
        return _named_camera(input.removeprefix("camera:"), size, fps, mjpg, stale_after_s, timeout_s)
    number = _camera_number(input.removeprefix("camera:"))
    if number is not None:
        return _camera(number, size, fps, mjpg, stale_after_s, timeout_s)
    from livecut.sources.stream import SCHEMES, StreamSource, is_address

    if is_address(input):
        return StreamSource(input, timeout_s=timeout_s, loop=loop)
    path = existing(input)
    if path is not None:
        return _file(path, fps, loop)
    if input in plugins.names("sources"):
        return plugins.load("sources", input)(size=size, fps=fps, loop=loop)  # type: ignore[no-any-return]
    if is_like_address(input):
        known = ", ".join(sorted(SCHEMES))
        raise DeviceUnavailable(f"source {without_secrets(input)!r}: no such kind of stream", hint=f"there are {known}")
    return _named_camera(input, size, fps, mjpg, stale_after_s, timeout_s)


def is_live_name(text: str) -> bool:
    """True for `camera:1`, `camera:NAME`, `screen` and `screen:2`, whether or not there is one."""
    return (text.startswith("camera:") and text != "camera:") or _screen_number(text) is not None


def is_camera_name(text: str) -> bool:
    """True when `open_source` finds a camera of that name, where no file is: this machine's cameras are looked up."""
    from livecut.sources.devices import cameras, find_camera

    return find_camera(text, cameras()) is not None


def is_file_name(text: str) -> bool:
    """True when `open_source` looks for a file of that name, before it takes it for a camera's."""
    return not (
        text == "demo"
        or is_live_name(text)
        or _camera_number(text) is not None
        or is_like_address(text)
        or text in plugins.names("sources")
    )


def is_same_source(background: str, source: str) -> bool:
    """True when `open_source` would open the same for both, as far as words and this machine's cameras tell."""
    wanted, shown = _what(background), _what(source)
    if wanted == shown:
        return True
    if not any(text.startswith("camera:") for text in (background, wanted)):
        return False  # a colour, a file: no camera needs to be looked for
    return _named_index(wanted) == _named_index(shown) is not None


def _named_index(what: str) -> int | None:
    """The index of the camera that an answer of `_what` stands for, by its name or a part of it if need be."""
    from livecut.sources.devices import cameras, find_camera

    kind, _, rest = what.partition(":")
    if kind == "camera" and rest.isdecimal():
        return int(rest)
    camera = find_camera(what, cameras())
    return camera.index if camera else None


def _what(text: str) -> str:
    number = _camera_number(text.removeprefix("camera:"))
    if number is not None:
        return f"camera:{number}"
    screen = _screen_number(text)
    if screen is not None:
        return f"screen:{screen}"
    path = None if text == "demo" or is_live_name(text) else existing(text)
    if path is None:
        return text.removeprefix("camera:").strip().casefold()
    found = path.stat()
    return f"file:{found.st_dev}:{found.st_ino}"


def _screen_number(text: str) -> int | None:
    """The number in `screen` (the first) or `screen:2`."""
    screen = re.fullmatch(r"screen(?::(\d{1,2}))?", text)
    return int(screen[1] or 1) if screen else None


def _camera_number(text: str) -> int | None:
    """The index in `0` or `/dev/video0`; links such as /dev/v4l/by-id/... are followed."""
    if re.fullmatch(r"\d{1,4}", text):
        return int(text)
    if sys.platform == "linux" and text.startswith("/dev/"):
        node = re.fullmatch(r"/dev/video(\d{1,4})", str(Path(text).resolve()))
        return int(node[1]) if node else None
    return None


def _camera(
    number: int, size: Size | None, fps: float | None, mjpg: bool, stale_after_s: float, timeout_s: float
) -> Source:
    from livecut.sources.camera import CameraSource

    return CameraSource(number, size=size, fps=fps, mjpg=mjpg, stale_after_s=stale_after_s, timeout_s=timeout_s)


def _named_camera(
    text: str, size: Size | None, fps: float | None, mjpg: bool, stale_after_s: float, timeout_s: float
) -> Source:
    from livecut.sources.devices import cameras, find_camera, known_cameras

    found = cameras()
    camera = find_camera(text, found)
    if camera is None:
        named = f"source {without_secrets(text)!r}"
        if "/" in text or "." in text:
            raise DeviceUnavailable(f"{named}: no such file", hint=absent_hint(text))
        raise DeviceUnavailable(f"{named}: no file, camera or plug-in of that name", hint=known_cameras(found))
    return _camera(camera.index, size, fps, mjpg, stale_after_s, timeout_s)


def _file(path: Path, fps: float | None, loop: bool) -> Source:
    from livecut.sources.picture import is_picture

    if path.is_file() and is_picture(path):
        from livecut.sources.image import ImageSource

        return ImageSource(path, fps=fps)
    from livecut.sources.file import FileSource

    return FileSource(path, loop=loop)
