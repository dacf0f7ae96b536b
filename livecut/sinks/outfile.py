"""A file being written that stops at the first failure: what reached the disk stays as it is."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from livecut.errors import DeviceLost, DeviceUnavailable

__all__ = ["Opener", "OutFile", "check_writable", "lost", "open_unbuffered", "unavailable"]

Opener: TypeAlias = Callable[[Path], BinaryIO]


def open_unbuffered(path: Path) -> BinaryIO:
    """Create or empty a file; every write goes straight to the system, so that its error belongs to that write."""
    return path.open("w+b", buffering=0)


def check_writable(path: Path) -> None:
    """Raise `OSError` where a file cannot be written; one that is there stays as it is, and no new one stays."""
    target = Path(os.path.realpath(path))  # through a link to a file that is not there yet
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    try:
        target.open("xb", buffering=0).close()
    except FileExistsError:
        target.open("r+b", buffering=0).close()
    else:
        target.unlink()


class OutFile(io.RawIOBase):
    """What a muxer writes to. The file is created, or emptied, with the first byte (or by `open`).

    A muxer tries to finish its file even after a failed write. With a full disk that would replace a readable
    beginning by half an index: so after the first failure everything further is dropped.
    """

    def __init__(self, path: Path, opener: Opener = open_unbuffered) -> None:
        self._path = path
        self._opener = opener
        self._file: BinaryIO | None = None
        self._position = 0
        self.failure: OSError | None = None
        self.created = False
        """True when the file was not there before; it is then this one's to remove."""

    @property
    def is_open(self) -> bool:
        """True once the file on disk was touched."""
        return self._file is not None

    def open(self) -> BinaryIO:
        """Create or empty the file if that was not done yet. Raises `OSError`."""
        if self._file is None:
            self.created = not self._path.exists()
            self._file = self._opener(self._path)
        return self._file

    def writable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """Muxers write the length of what they wrote into its head."""
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """All of `data`, or an `OSError`."""
        if self.failure is None:
            try:
                file = self.open()
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
            except OSError as error:
                self.failure = error
                raise
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """As files do."""
        if self.failure is None and self._file is not None:
            self._position = self._file.seek(offset, whence)
        elif whence == os.SEEK_SET:
            self._position = offset
        return self._position

    def tell(self) -> int:
        """As files do."""
        return self._position

    def close(self) -> None:
        """Close the file; drops what comes later."""
        if not self.closed:
            self.failure = self.failure or OSError(errno.EBADF, "closed")
            if self._file is not None:
                self._file.close()
        super().close()


def unavailable(path: Path, error: OSError) -> DeviceUnavailable:
    """Why a file cannot be created."""
    folder = path.parent
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return DeviceUnavailable(f"{path} cannot be written: there is no folder {folder}", hint=f'mkdir -p "{folder}"')
    if isinstance(error, IsADirectoryError):
        return DeviceUnavailable(f"{path} is a folder", hint=f"write {path}/ for PNG frames in it")
    if error.errno == errno.ENOSPC:
        return DeviceUnavailable(f"{path} cannot be written: the disk is full", hint="free some space")
    return DeviceUnavailable(f"{path} cannot be written: {(error.strerror or str(error)).lower()}")


def lost(path: Path, error: OSError, *, kept: str = "what was written so far can be played") -> DeviceLost:
    """Why writing to a file ended; `kept` says what there is of it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DeviceLost(f"{path}: the disk is full", hint=kept)
    return DeviceLost(f"{path}: {(error.strerror or str(error)).lower()}", hint=kept)
