"""Where pictures go: `open_sink` decides by what the user wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from livecut import plugins
from livecut.errors import PluginError
from livecut.paths import is_like_address, without_secrets
from livecut.protocols import Sink
from livecut.spelling import nearest
from livecut.types import Size

if TYPE_CHECKING:
    from livecut.sinks.window import Key

__all__ = ["is_path", "is_virtual_camera", "open_sink", "unknown_sink"]

# Pictures that `memory` keeps: 160 MB of them at 720p, and a run has no end.
_KEPT: Final = 60
_WORDS: Final = ("window", "memory", "null")

# Each branch imports its own module: OpenCV, PyAV, numba and pyvirtualcam load only where they are needed.


def is_path(spec: str) -> bool:
    """True when `open_sink` takes it for the path of a file or of frames."""
    return not (
        is_virtual_camera(spec)
        or spec in _WORDS
        or spec in plugins.names("sinks")
        or is_like_address(spec)
        or not ("." in spec or "/" in spec or "%" in spec or "\\" in spec)
    )


def is_virtual_camera(spec: str) -> bool:
    """True when `open_sink` takes it for a virtual camera."""
    return spec.partition(":")[0] == "virtualcam" or re.fullmatch(r"/dev/video\d+", spec) is not None


def unknown_sink(spec: str) -> PluginError | None:
    """What is wrong with a word that `open_sink` does not know; it says which it does."""
    if is_virtual_camera(spec) or spec in _WORDS or spec in plugins.names("sinks") or is_path(spec):
        return None
    known = ("virtualcam", *_WORDS, *plugins.names("sinks"))
    part = [word for word in known if len(spec) > 2 and spec.lower() in word]
    near = part[0] if part else nearest(spec.lower(), known)
    meant = f"did you mean {near}? " if near else ""
    return PluginError(
        f"there is no sink {without_secrets(spec)!r}",
        hint=f"{meant}there are {', '.join(known)}, or a file such as out.mp4",
        meant=(spec, near) if near else None,
    )


def open_sink(
    spec: str,
    *,
    size: Size,
    fps: float,
    alpha: bool = False,
    depth: bool = False,
    pixel_format: Literal["auto", "i420", "nv12"] = "auto",
    colour: str = "#00b140",
    on_key: Callable[[Key], object] | None = None,
) -> Sink:
    """Open what `spec` names, tried in this order.

    `virtualcam`, `virtualcam:PATH`, `virtualcam:LABEL` or /dev/videoN; `window`; `memory` (the newest 60); `null`; a
    plug-in's name; a path: ending in a slash or holding %d for PNG frames, else a video by its ending. `alpha` says
    that pictures carry transparency; a sink without it shows them over `colour`. `depth` says that files get the
    pictures' depth instead of them. `on_key` is told the keys of a window. Raises `PluginError` for a word that is none
    of these and `DeviceUnavailable`.
    """
    if is_virtual_camera(spec):
        from livecut.sinks.virtualcam import VirtualCamera

        kind, _, device = spec.partition(":")
        target = device if kind == "virtualcam" else spec
        return VirtualCamera(size=size, fps=fps, device=target or None, pixel_format=pixel_format, colour=colour)
    if spec == "window":
        from livecut.sinks.window import Window

        return Window(size=size, on_key=on_key, colour=colour)
    if spec == "memory":
        from livecut.sinks.memory import MemorySink

        return MemorySink(_KEPT)
    if spec == "null":
        from livecut.sinks.null import NullSink

        return NullSink()
    if spec in plugins.names("sinks"):
        return plugins.load("sinks", spec)(size=size, fps=fps, alpha=alpha)  # type: ignore[no-any-return]
    if (wrong := unknown_sink(spec)) is not None:
        raise wrong
    from livecut.sinks.frames import FrameFiles, is_frame_pattern

    if is_frame_pattern(spec):
        return FrameFiles(spec, depth=depth)
    from livecut.sinks.recording import Recording

    return Recording(spec, size=size, fps=fps, alpha=alpha, depth=depth, colour=colour)
