"""A file being written that stops at the first failure: what reached the disk stays as it is."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from livecut.errors import DeviceLost, DeviceUnavailable

__all__ = ["Opener", "OutFile", "lost", "open_unbuffered", "unavailable"]

Opener: TypeAlias = Callable[[Path], BinaryIO]


def open_unbuffered(path: Path) -> BinaryIO:
    """Create or empty a file; every write goes straight to the system, so that its error belongs to that write."""
    return path.open("w+b", buffering=0)


class OutFile(io.RawIOBase):
    """What a muxer writes to.

    A muxer tries to finish its file even after a failed write. With a full disk that would replace a readable
    beginning by half an index: so after the first failure everything further is dropped.
    """

    def __init__(self, path: Path, opener: Opener = open_unbuffered) -> None:
        self._file = opener(path)
        self._position = 0
        self.failure: OSError | None = None

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
                view = memoryview(data)
                while view:
                    view = view[self._file.write(view) :]
            except OSError as error:
                self.failure = error
                raise
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """As files do."""
        if self.failure is None:
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


def lost(path: Path, error: OSError) -> DeviceLost:
    """Why writing to a file ended."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DeviceLost(f"{path}: the disk is full", hint="what was written so far can be played")
    return DeviceLost(f"{path}: {(error.strerror or str(error)).lower()}", hint="what was written so far can be played")
