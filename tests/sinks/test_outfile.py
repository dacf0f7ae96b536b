"""A file that keeps what it has after a failure."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import pytest

from livecut.sinks.outfile import OutFile, check_writable, lost, unavailable


class Short(io.FileIO):
    """Takes three bytes at a time, and nine in all."""

    def write(self, data: Any, /) -> int:
        if self.tell() >= 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(bytes(data[:3]))


def test_short_writes_are_completed_and_a_failure_is_final(tmp_path: Path) -> None:
    path = tmp_path / "a"
    file = OutFile(path, lambda name: Short(name, "w+"))
    assert file.write(b"12345678") == 8
    with pytest.raises(OSError, match="No space left"):
        file.write(b"abcd")
    assert file.failure is not None
    file.seek(0)
    assert file.write(b"spoilt") == 6
    assert file.tell() == 6
    file.close()
    file.close()
    assert path.read_bytes() == b"12345678abc"


def test_seeking_and_overwriting(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"an older and longer text")
    with OutFile(path) as file:
        assert file.writable()
        assert file.seekable()
        file.write(b"0000data")
        file.seek(0)
        file.write(b"head")
        assert file.tell() == 4
        assert file.seek(0, 2) == 8
    assert path.read_bytes() == b"headdata"


def test_it_opens_with_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with OutFile(path) as unused:
        assert unused.seek(0) == 0
    assert not path.exists()
    with OutFile(path) as file:
        file.write(b"new")
        assert file.created
    with OutFile(path) as file:
        assert path.read_bytes() == b"new"
        file.open()
        file.open()
        assert path.read_bytes() == b""
        assert not file.created


def test_checking_changes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"kept")
    check_writable(kept)
    check_writable(tmp_path / "absent")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert kept.read_bytes() == b"kept"
    with pytest.raises(IsADirectoryError):
        check_writable(tmp_path)
    with pytest.raises(NotADirectoryError):
        check_writable(kept / "under")
    with pytest.raises(FileNotFoundError):
        check_writable(tmp_path / "none" / "a")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(), "x/a.mp4 cannot be written: there is no folder x"),
        (IsADirectoryError(), "x/a.mp4 is a folder"),
        (OSError(errno.ENOSPC, "No space"), "x/a.mp4 cannot be written: the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "x/a.mp4 cannot be written: permission denied"),
    ],
)
def test_why_a_file_cannot_be_created(error: OSError, message: str) -> None:
    assert unavailable(Path("x/a.mp4"), error).message == message


def test_why_writing_ended() -> None:
    assert lost(Path("a"), OSError(errno.ENOSPC, "")).message == "a: the disk is full"
    assert lost(Path("a"), OSError(errno.EIO, "Input/output error")).message == "a: input/output error"
