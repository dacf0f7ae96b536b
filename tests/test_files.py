"""Files are read, and nobody waits for a pipe into which nobody writes."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from livecut import files
from livecut.files import open_file, read_all


@pytest.mark.parametrize("most", [-1, 0, 3, 9])
def test_a_file_is_read_up_to_a_bound(tmp_path: Path, most: int) -> None:
    (tmp_path / "a").write_bytes(b"picture")
    with open_file(tmp_path / "a") as file:
        assert read_all(file, most) == b"picture"[: most if most >= 0 else None]


def test_what_is_not_there_or_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "a")
    with pytest.raises(OSError, match=r"directory|Permission"):
        open_file(tmp_path)


posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")


@posix
def test_a_pipe_and_a_device_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a pipe, not a file"):
        open_file(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a device, not a file"):
        open_file("/dev/null")
    with open_file("/dev/null", pipes=True) as file:
        assert read_all(file) == b""


@posix
def test_a_pipe_that_nobody_writes_into_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PATIENCE_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with open_file(tmp_path / "pipe", pipes=True) as file, pytest.raises(OSError, match="nobody writes into this pipe"):
        read_all(file)


@posix
def test_a_pipe_whose_writer_has_come_and_gone_is_an_empty_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with open_file(pipe, pipes=True) as file:
        os.close(os.open(pipe, os.O_WRONLY))
        assert read_all(file) == b""


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs the shell's names of pipes")
@pytest.mark.parametrize("written", [b"", b"picture"])
def test_a_pipe_of_the_shells_that_nobody_can_write_into_any_more_is_not_waited_for(written: bytes) -> None:
    reading, writing = os.pipe()
    os.write(writing, written)
    os.close(writing)
    began = time.monotonic()
    with open_file(f"/dev/fd/{reading}", pipes=True) as file:
        assert read_all(file) == written
    assert time.monotonic() - began < files.PATIENCE_S
    os.close(reading)


@posix
@pytest.mark.parametrize("most", [-1, 250_000, 1])
def test_a_pipe_is_read_to_its_end_however_slowly_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(files, "PATIENCE_S", 5.0)
    pipe, data = tmp_path / "pipe", bytes(range(250)) * 1000
    os.mkfifo(pipe)

    def write() -> None:
        time.sleep(0.1)
        with pipe.open("wb", buffering=0) as file:
            time.sleep(0.1)
            try:
                for at in range(0, len(data), 100_000):
                    file.write(data[at : at + 100_000])
            except BrokenPipeError:
                assert most == 1

    writer = threading.Thread(target=write)
    writer.start()
    with open_file(pipe, pipes=True) as file:
        assert read_all(file, most) == (data[:most] if most >= 0 else data)
    writer.join(10)
