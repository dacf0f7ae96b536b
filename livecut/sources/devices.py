"""The cameras of this machine, as plain data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from livecut import v4l2
from livecut.v4l2 import Format, Holder

__all__ = ["CameraInfo", "backend", "cameras", "find_camera", "known_cameras"]


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that can be named as a source."""

    index: int
    """What `--source` takes."""
    name: str
    path: str = ""
    """/dev/videoN; empty where the system has no such paths."""
    formats: tuple[Format, ...] = ()
    users: tuple[Holder, ...] = ()
    """Other processes that have it open."""
    problem: int = 0
    """errno where it could not be asked (13: no permission)."""


def cameras(
    *,
    details: bool = False,
    host: v4l2.Host = v4l2.LIVE,
    enumerate_cameras: Callable[[], Iterable[Any]] | None = None,
) -> tuple[CameraInfo, ...]:
    """The cameras found, by index; `details` also asks each for formats and users (Linux, some milliseconds each).

    A virtual camera is among them while it can be read from.
    """
    if sys.platform == "linux" and enumerate_cameras is None:
        return tuple(
            CameraInfo(
                node.number,
                node.name,
                node.path,
                v4l2.formats(node.path, host) if details else (),
                v4l2.holders(node.path, host) if details else (),
                node.problem,
            )
            for node in v4l2.nodes(host)
            if node.captures or node.problem
        )
    found = (enumerate_cameras or _enumerate)()
    return tuple(CameraInfo(info.index, str(info.name), str(info.path or "")) for info in found)


def find_camera(name: str, among: Iterable[CameraInfo]) -> CameraInfo | None:
    """The camera called `name`: exactly, else the only one whose name has it as a part; upper and lower case alike."""
    known = list(among)
    wanted = name.strip().casefold()
    exact = [camera for camera in known if camera.name.casefold() == wanted]
    partial = [camera for camera in known if wanted and wanted in camera.name.casefold()]
    if exact:
        return exact[0]
    return partial[0] if len(partial) == 1 else None


def known_cameras(among: Iterable[CameraInfo]) -> str:
    """The cameras found as part of a hint."""
    listed = ", ".join(f"{camera.index} ({camera.name})" for camera in among)
    return f"cameras found: {listed}" if listed else "plug a camera in, or see it work without one: livecut demo"


def backend() -> int:
    """OpenCV's API for this system: the one that lets a format be asked for. Indices count by it."""
    import cv2

    return {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION, "win32": cv2.CAP_DSHOW}.get(
        sys.platform, cv2.CAP_ANY
    )


def _enumerate() -> Iterable[Any]:
    from cv2_enumerate_cameras import enumerate_cameras

    return enumerate_cameras(backend())
