"""The virtual cameras of this machine, as plain data, and which one may be written to."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final

from livecut import v4l2
from livecut.errors import DeviceUnavailable
from livecut.v4l2 import Holder

__all__ = ["INSTALL", "MODPROBE", "VirtualCameraInfo", "choose", "virtual_cameras"]

MODPROBE: Final = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=livecut"
"""exclusive_caps because Chrome and Teams list no device that can also be written to."""
INSTALL: Final = f"sudo apt install v4l2loopback-dkms (or your system's package of that name), then {MODPROBE}"


@dataclass(frozen=True, slots=True)
class VirtualCameraInfo:
    """A v4l2loopback device."""

    path: str
    label: str
    exclusive: bool
    """True with exclusive_caps, without which Chrome does not list it."""
    busy: bool
    """True when another program writes to it, or may be doing so."""
    users: tuple[Holder, ...] = ()
    """Processes that have it open: its writer and its readers (those of other users only for root)."""


def virtual_cameras(host: v4l2.Host = v4l2.LIVE) -> tuple[VirtualCameraInfo, ...]:
    """Every loopback device by number (Linux; elsewhere the one virtual camera is the driver's own business)."""
    return tuple(
        VirtualCameraInfo(
            node.path,
            node.name,
            node.exclusive,
            v4l2.has_writer(node, host),
            v4l2.holders(node.path, host),
        )
        for node in v4l2.nodes(host)
        if node.is_loopback
    )


def choose(device: str | None, host: v4l2.Host = v4l2.LIVE) -> VirtualCameraInfo:
    """The loopback device with this path or label, or the first free one; raises `DeviceUnavailable` with the reason.

    One that another program writes to is refused also when it is asked for by name: two writers mix their pictures.
    """
    found = virtual_cameras(host)
    if device is not None:
        return _named(device, found, host)
    free = [camera for camera in found if not camera.busy]
    if free:
        return free[0]
    if found:
        listed = ", ".join(f"{camera.path} by {_who(camera)}" for camera in found)
        raise DeviceUnavailable(
            f"every virtual camera is written to: {listed}",
            hint="close that program, or add another: sudo v4l2loopback-ctl add -n livecut -x 1",
        )
    forbidden = [node for node in v4l2.nodes(host) if node.problem in (errno.EACCES, errno.EPERM)]
    module = v4l2.loopback(host)
    if forbidden:
        raise DeviceUnavailable(
            f"no permission to use {forbidden[0].path}", hint="sudo usermod -aG video $USER, then log in again"
        )
    if module.loaded:
        raise DeviceUnavailable(
            "v4l2loopback is loaded but has no device", hint="sudo v4l2loopback-ctl add -n livecut -x 1"
        )
    if module.installed:
        raise DeviceUnavailable("there is no virtual camera: v4l2loopback is not loaded", hint=MODPROBE)
    raise DeviceUnavailable("there is no virtual camera: v4l2loopback is not installed", hint=INSTALL)


def _named(device: str, found: tuple[VirtualCameraInfo, ...], host: v4l2.Host) -> VirtualCameraInfo:
    wanted = [camera for camera in found if camera.path == device] or [
        camera for camera in found if camera.label.casefold() == device.casefold()
    ]
    if not wanted:
        node = next((node for node in v4l2.nodes(host) if node.path == device), None)
        if node is not None and node.problem in (errno.EACCES, errno.EPERM):
            raise DeviceUnavailable(
                f"no permission to use {device}", hint="sudo usermod -aG video $USER, then log in again"
            )
        if node is not None:
            raise DeviceUnavailable(f"{device} ({node.name}) is no virtual camera", hint=_list(found))
        raise DeviceUnavailable(f"there is no virtual camera {device}", hint=_list(found))
    camera = wanted[0]
    if camera.busy:
        raise DeviceUnavailable(
            f"{camera.path} ({camera.label}) is written to by {_who(camera)}",
            hint="close that program, or add another: sudo v4l2loopback-ctl add -n livecut -x 1",
        )
    return camera


def _who(camera: VirtualCameraInfo) -> str:
    return ", ".join(map(str, camera.users)) or "another program"


def _list(found: tuple[VirtualCameraInfo, ...]) -> str:
    listed = ", ".join(f"{camera.path} ({camera.label})" for camera in found)
    return f"virtual cameras: {listed}" if listed else MODPROBE
