"""A machine's video devices in a folder: what `livecut.v4l2` reads, without a kernel."""

from __future__ import annotations

import errno
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from livecut import v4l2

CAPTURE, OUTPUT = 1, 2

T = TypeVar("T")
Sizes = dict[tuple[int, int], list[float]]


@dataclass
class FakeNode:
    """One /dev/videoN."""

    name: str = "Webcam"
    driver: str = "uvcvideo"
    caps: int = CAPTURE
    formats: dict[str, Sizes] = field(default_factory=dict)
    problem: int = 0
    streaming: bool = False
    keeps_format: bool = False
    flowing: bool = False
    """Pictures come out."""


class VideoNodes:
    """Makes the folders of a `Host`; nodes may be changed while it is in use."""

    def __init__(self, root: Path, nodes: dict[int, FakeNode] | None = None) -> None:
        self.nodes = nodes or {}
        self.root = root
        for name in ("dev", "sys/class/video4linux", "sys/module", "proc", "modules"):
            (root / name).mkdir(parents=True)
        self.host = v4l2.Host(root / "dev", root / "sys", root / "proc", root / "modules", self._ioctl, self._flows)
        for number, node in self.nodes.items():
            self.path(number).touch()
            described = root / f"sys/class/video4linux/video{number}"
            described.mkdir()
            (described / "name").write_text(f"{node.name}\n")

    def path(self, number: int) -> Path:
        """Of a node."""
        return self.root / f"dev/video{number}"

    def attribute(self, number: int, name: str, text: str) -> None:
        """What the loopback module says of a device, e.g. its `state`."""
        (self.root / f"sys/class/video4linux/video{number}" / name).write_text(text + "\n")

    def opened_by(self, number: int, pid: int, name: str) -> None:
        """Let a process hold a node open."""
        process = self.root / "proc" / str(pid)
        (process / "fd").mkdir(parents=True, exist_ok=True)
        (process / "comm").write_text(f"{name}\n")
        (process / "fd" / "0").symlink_to("/dev/null")
        (process / "fd" / "7").symlink_to(self.path(number))

    def loopback(self, version: str | None = None, *, installed: bool = False) -> None:
        """The module, loaded with a version, or only installed."""
        if version is not None:
            (self.root / "sys/module/v4l2loopback").mkdir()
            (self.root / "sys/module/v4l2loopback/version").write_text(f"{version}\n")
        if installed:
            folder = self.root / "modules" / os.uname().release
            folder.mkdir()
            (folder / "modules.dep").write_text("updates/dkms/v4l2loopback.ko: kernel/drivers/videodev.ko\n")

    def _ioctl(self, path: Path, request: int, data: bytearray) -> None:
        node = self.nodes.get(int(path.name.removeprefix("video")))
        if node is None:
            raise OSError(errno.ENOENT, "No such file")
        if node.problem:
            raise OSError(node.problem, os.strerror(node.problem))
        if request == v4l2.QUERYCAP:
            struct.pack_into("=16s32s32sIII", data, 0, node.driver.encode(), node.name.encode(), b"", 0, 0, 0)
            struct.pack_into("=II", data, 84, 0x80000000 | CAPTURE | OUTPUT, node.caps)
        elif request == v4l2.REQBUFS:
            if node.streaming:
                raise OSError(errno.EBUSY, "Device or resource busy")
        elif request == v4l2.STREAMON:
            # what v4l2loopback 0.12 does when this writer closes it again
            assert struct.unpack_from("=i", data)[0] == v4l2.BUF_TYPE_OUTPUT
            node.caps |= OUTPUT
            raise OSError(errno.EINVAL, "Invalid argument")
        elif request == v4l2.G_CTRL:
            if struct.unpack_from("=I", data)[0] != v4l2.KEEP_FORMAT or node.driver != v4l2.LOOPBACK_DRIVER:
                raise OSError(errno.EINVAL, "Invalid argument")
            struct.pack_into("=i", data, 4, node.keeps_format)
        elif request == v4l2.ENUM_FMT:
            index = struct.unpack_from("=I", data)[0]
            data[44:48] = self._at(list(node.formats), index).encode()
        elif request == v4l2.ENUM_FRAMESIZES:
            index, code = struct.unpack_from("=I4s", data)
            size = self._at(list(node.formats[code.decode()]), index)
            struct.pack_into("=3I", data, 8, 1, *size)
        elif request == v4l2.ENUM_FRAMEINTERVALS:
            index, code, width, height = struct.unpack_from("=I4sII", data)
            rate = self._at(node.formats[code.decode()][width, height], index)
            struct.pack_into("=3I", data, 16, 1, 1000, round(rate * 1000))

    def _flows(self, path: Path) -> bool:
        return self.nodes[int(path.name.removeprefix("video"))].flowing

    @staticmethod
    def _at(items: list[T], index: int) -> T:
        if index >= len(items):
            raise OSError(errno.EINVAL, "Invalid argument")
        return items[index]
