"""Linux' video devices as plain data: what each can do, who has it open, and the state of the loopback module.

Everything comes from ioctls, /sys and /proc through a `Host`, so that tests give a folder instead of a kernel.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from livecut.types import Size

__all__ = [
    "LIVE",
    "Format",
    "Holder",
    "Host",
    "Loopback",
    "Node",
    "formats",
    "has_writer",
    "holders",
    "is_streaming",
    "loopback",
    "loopback_users",
    "make_writable",
    "nodes",
]

Ioctl: TypeAlias = Callable[[Path, int, bytearray], None]
"""Open the path, run one request on it in place, close it; raises `OSError`."""

QUERYCAP: Final = 0x80685600
ENUM_FMT: Final = 0xC0405602
STREAMON: Final = 0x40045612
G_CTRL: Final = 0xC008561B
REQBUFS: Final = 0xC0145608
ENUM_FRAMESIZES: Final = 0xC02C564A
ENUM_FRAMEINTERVALS: Final = 0xC034564B

CAN_CAPTURE: Final = 0x00000001
CAN_OUTPUT: Final = 0x00000002
HAS_DEVICE_CAPS: Final = 0x80000000
BUF_TYPE_CAPTURE: Final = 1
BUF_TYPE_OUTPUT: Final = 2
MEMORY_MMAP: Final = 1
DISCRETE: Final = 1

KEEP_FORMAT: Final = 0x0098F900
"""The loopback module's first control."""
LOOPBACK_DRIVER: Final = "v4l2 loopback"
FLOW_S: Final = 0.7
"""Long enough for a writer of two pictures a second."""
MAX_PICTURE: Final = 1 << 26
MAX_LISTED: Final = 64
"""A driver that never ends its list must not hang us."""


def _ioctl(path: Path, request: int, data: bytearray) -> None:
    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, "no ioctl here")
    import fcntl

    # Non-blocking: some drivers wait in open() for a device that is asleep.
    device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(device, request, data, True)
    finally:
        os.close(device)


def _flows(path: Path) -> bool:
    """True when new pictures come out of the device within `FLOW_S`, or when it cannot be read to find out."""
    try:
        device = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return True
    try:
        deadline = time.monotonic() + FLOW_S
        waited = False
        while time.monotonic() < deadline:
            try:
                os.read(device, MAX_PICTURE)
            except BlockingIOError:
                waited = True  # pictures that lay there are read
                time.sleep(0.02)
                continue
            if waited:
                return True
    except OSError:
        return True
    finally:
        os.close(device)
    return False


@dataclass(frozen=True, slots=True)
class Host:
    """Where the facts come from."""

    dev: Path = Path("/dev")
    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    modules: Path = Path("/lib/modules")
    ioctl: Ioctl = _ioctl
    flows: Callable[[Path], bool] = _flows


LIVE: Final = Host()
"""The machine this runs on."""


@dataclass(frozen=True, slots=True)
class Node:
    """One /dev/videoN."""

    path: str
    number: int
    name: str
    """The card label, e.g. `Integrated Webcam`."""
    driver: str = ""
    """Empty where it could not be asked."""
    captures: bool = False
    outputs: bool = False
    problem: int = 0
    """errno of the attempt to ask it; 0 when it answered."""

    @property
    def is_loopback(self) -> bool:
        """True for a virtual camera of v4l2loopback."""
        return self.driver == LOOPBACK_DRIVER

    @property
    def exclusive(self) -> bool:
        """True for a loopback with exclusive_caps: it shows itself as an output, and as a camera once written to."""
        return self.is_loopback and not (self.captures and self.outputs)


@dataclass(frozen=True, slots=True)
class Format:
    """One pixel format and size a camera offers, with its rates."""

    fourcc: str
    size: Size
    fps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device open."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


@dataclass(frozen=True, slots=True)
class Loopback:
    """State of the v4l2loopback module."""

    loaded: bool
    installed: bool
    """True when the running kernel could load it."""
    version: str = ""
    """Empty where the module does not say (0.12)."""


def nodes(host: Host = LIVE) -> tuple[Node, ...]:
    """Every /dev/videoN in the order of their numbers, metadata nodes (which neither capture nor output) left out."""
    found = []
    for path in host.dev.glob("video*"):
        if path.name[5:].isdigit():
            node = _ask(path, int(path.name[5:]), host)
            if node.captures or node.outputs or node.is_loopback or node.problem:
                found.append(node)
    return tuple(sorted(found, key=lambda node: node.number))


def formats(path: str, host: Host = LIVE) -> tuple[Format, ...]:
    """What a camera offers; stepwise sizes and rates by their largest only. Empty where it cannot be asked."""
    found: list[Format] = []
    try:
        for index in range(MAX_LISTED):
            data = bytearray(64)
            struct.pack_into("=II", data, 0, index, BUF_TYPE_CAPTURE)
            host.ioctl(Path(path), ENUM_FMT, data)
            code = bytes(data[44:48])
            found += [
                Format(code.decode("ascii", "replace").strip(), size, _rates(path, code, size, host))
                for size in _sizes(path, code, host)
            ]
    except OSError:
        pass  # EINVAL ends the list
    return tuple(found)


def holders(path: str, host: Host = LIVE) -> tuple[Holder, ...]:
    """Other processes that have the device open; those of other users are visible to root only."""
    found = []
    for process in host.proc.glob("[0-9]*"):
        pid = int(process.name)
        if pid == os.getpid():
            continue
        try:
            if any(_target(link) == path for link in (process / "fd").iterdir()):
                found.append(Holder(pid, (process / "comm").read_text(errors="replace").strip()))
        except OSError:
            continue  # gone, or another user's
    return tuple(sorted(found, key=lambda holder: holder.pid))


def is_streaming(path: str, host: Host = LIVE) -> bool:
    """True when another program is capturing from this camera: its driver then refuses buffers with EBUSY."""
    try:
        # zero buffers: changes nothing on a device that is free
        host.ioctl(Path(path), REQBUFS, bytearray(struct.pack("=IIIIB3x", 0, BUF_TYPE_CAPTURE, MEMORY_MMAP, 0, 0)))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def has_writer(node: Node, host: Host = LIVE) -> bool:
    """True when a program writes to this virtual camera, or may be doing so.

    v4l2loopback 0.13 and newer say so in `state`. With 0.12, and with the control keep_format, a device that was
    written to looks the same as long as any reader has it open: then what counts is whether pictures come out.
    """
    described = host.sys / "class/video4linux" / f"video{node.number}"
    state, form = _attribute(described / "state"), _attribute(described / "format")
    if node.exclusive:
        written = node.captures
    elif state is not None:
        written = state == "capture"
    elif form is not None:
        written = form != ""
    else:
        return bool(holders(node.path, host))
    settled = state is not None and not _keeps_format(node, host)
    return written and (settled or host.flows(Path(node.path)))


def make_writable(node: Node, host: Host = LIVE) -> None:
    """Let an exclusive loopback that nobody writes to be an output again.

    v4l2loopback 0.12 forgets that when a writer that used write() closes it (as pyvirtualcam does), and then refuses
    every further one; a writer that used streaming is noticed, so one is played here for a moment.
    """
    if not node.is_loopback or node.outputs:
        return
    # EINVAL, when there is no format yet, comes after what matters.
    with contextlib.suppress(OSError):
        host.ioctl(Path(node.path), STREAMON, bytearray(struct.pack("=i", BUF_TYPE_OUTPUT)))


def loopback(host: Host = LIVE) -> Loopback:
    """Whether the v4l2loopback module is loaded, or could be."""
    module = host.sys / "module/v4l2loopback"
    if module.is_dir():
        return Loopback(True, True, _attribute(module / "version") or "")
    try:
        listed = (host.modules / os.uname().release / "modules.dep").read_text()
    except (OSError, AttributeError):
        listed = ""
    return Loopback(False, "v4l2loopback.ko" in listed)


def loopback_users(host: Host = LIVE) -> int | None:
    """How often devices of the v4l2loopback module are open, by whomever; None where it is not loaded."""
    users = _attribute(host.sys / "module/v4l2loopback/refcnt") or ""
    return int(users) if users.isdecimal() else None


def _ask(path: Path, number: int, host: Host) -> Node:
    name = _attribute(host.sys / "class/video4linux" / path.name / "name") or path.name
    data = bytearray(104)
    try:
        host.ioctl(path, QUERYCAP, data)
    except OSError as error:
        return Node(str(path), number, name, problem=error.errno or errno.EIO)
    driver, card = (bytes(data[a:b]).split(b"\0")[0].decode("utf-8", "replace") for a, b in ((0, 16), (16, 48)))
    whole, of_node = struct.unpack_from("=II", data, 84)
    caps = of_node if whole & HAS_DEVICE_CAPS else whole
    return Node(str(path), number, card or name, driver, bool(caps & CAN_CAPTURE), bool(caps & CAN_OUTPUT))


def _sizes(path: str, code: bytes, host: Host) -> list[Size]:
    found = []
    for index in range(MAX_LISTED):
        data = bytearray(44)
        struct.pack_into("=I4s", data, 0, index, code)
        try:
            host.ioctl(Path(path), ENUM_FRAMESIZES, data)
        except OSError:
            break
        kind, *numbers = struct.unpack_from("=7I", data, 8)
        if kind != DISCRETE:  # min, max and step of the width, then of the height
            return [Size(numbers[1], numbers[4])]
        found.append(Size(numbers[0], numbers[1]))
    return found


def _rates(path: str, code: bytes, size: Size, host: Host) -> tuple[float, ...]:
    found = []
    for index in range(MAX_LISTED):
        data = bytearray(52)
        struct.pack_into("=I4sII", data, 0, index, code, *size)
        try:
            host.ioctl(Path(path), ENUM_FRAMEINTERVALS, data)
        except OSError:
            break
        kind, numerator, denominator = struct.unpack_from("=III", data, 16)
        if numerator:
            found.append(round(denominator / numerator, 3))
        if kind != DISCRETE:
            break
    return tuple(sorted(found, reverse=True))


def _keeps_format(node: Node, host: Host) -> bool:
    data = bytearray(struct.pack("=Ii", KEEP_FORMAT, 0))
    try:
        host.ioctl(Path(node.path), G_CTRL, data)
    except OSError:
        return False
    return bool(struct.unpack_from("=i", data, 4)[0])


def _attribute(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
