"""`livecut devices`: cameras with their formats, virtual cameras with who writes to them, execution providers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from livecut.sinks.devices import VirtualCameraInfo
    from livecut.sources.devices import CameraInfo
    from livecut.v4l2 import Format, Loopback

__all__ = ["devices"]


def devices() -> None:
    """List cameras with their formats, virtual cameras with who writes to them, and where networks can run."""
    from livecut import v4l2
    from livecut.inference.accelerator import choose
    from livecut.sinks.devices import virtual_cameras
    from livecut.sources.devices import cameras

    lines = [*camera_lines(cameras(details=True))]
    if sys.platform == "linux":
        lines += ["", *virtual_lines(virtual_cameras(), v4l2.loopback())]
    chosen = choose("auto")
    lines += ["", "networks run on", f"  {chosen.label}{f' ({chosen.why})' if chosen.why else ''}"]
    for line in lines:
        typer.echo(line)


def camera_lines(cameras: tuple[CameraInfo, ...]) -> Iterator[str]:
    """The cameras, each with one line a pixel format."""
    yield "cameras"
    if not cameras:
        yield "  none found"
    for camera in cameras:
        where = f"  {camera.path}" if camera.path else ""
        yield f"  {camera.index}  {camera.name}{where}"
        if camera.problem:
            yield f"     cannot be asked: {os.strerror(camera.problem).lower()}"
        if camera.users:
            yield f"     open in {', '.join(map(str, camera.users))}"
        codes = dict.fromkeys(given.fourcc for given in camera.formats)
        for code in codes:
            yield f"     {code}: {', '.join(_offer(given) for given in camera.formats if given.fourcc == code)}"


def virtual_lines(cameras: tuple[VirtualCameraInfo, ...], module: Loopback) -> Iterator[str]:
    """The virtual cameras, and the module's state when there is none."""
    from livecut.sinks.devices import INSTALL, MODPROBE

    yield "virtual cameras"
    for camera in cameras:
        flag = "exclusive_caps" if camera.exclusive else "no exclusive_caps: Chrome and Teams will not list it"
        users = ", ".join(map(str, camera.users))
        if camera.busy:
            state = f"written to by {users or 'another program'}"
        else:
            state = f"free, open in {users}" if users else "free"
        yield f"  {camera.path}  {camera.label}  ({flag}; {state})"
    if not cameras:
        state = "loaded without a device" if module.loaded else "not loaded" if module.installed else "not installed"
        yield f"  none: v4l2loopback is {state}"
        yield f"  -> {INSTALL if not module.installed else MODPROBE}"


def _offer(given: Format) -> str:
    return f"{given.size}@{max(given.fps):g}" if given.fps else str(given.size)
