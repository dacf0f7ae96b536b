"""Decoding strangers' pictures in processes of their own, within bounds on size, memory and time."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from livecut.types import Pixels, Plane8, Size

__all__ = ["Decoded", "Decoder", "Undecodable"]


# Fewer changes between the two processes: a 4096x4096 picture passes in a third of the time.
_PIPE_BYTES = 1 << 20
# A JPEG has room for 255 pieces of 64 KB, and no other type for more.
_MAX_PROFILE_BYTES = 16 << 20
_MAX_HEAD_BYTES = 1 << 16


class Undecodable(Exception):
    """The picture is broken, or takes too much time or memory; the text says which kind of thing happened."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A picture, upright."""

    bgr: Pixels
    alpha: Plane8 | None
    """None: opaque."""
    profile: bytes
    """RGB colour profile of the file; empty when there is none."""


class Decoder:
    """`processes` decoders, started when first needed and replaced when they die. Called from several threads."""

    def __init__(self, processes: int, *, timeout_s: float = 20.0, command: tuple[str, ...] = ()) -> None:
        self._timeout_s = timeout_s
        self._command = command or (
            sys.executable,
            # Without it, what lies in the current folder could stand for any module that is imported there.
            "-P",
            "-m",
            "livecut.server.picture.decoder_process",
        )
        # Places for processes, of which None is one that is not running.
        self._free: queue.SimpleQueue[subprocess.Popen[bytes] | None] = queue.SimpleQueue()
        for _ in range(processes):
            self._free.put(None)
        self._processes = processes
        self.deaths = 0

    def decode(self, data: bytes, size: Size) -> Decoded:
        """The picture in a file whose header says `size`, which was checked. Raises `Undecodable`, also for another."""
        process = self._free.get()
        try:
            if process is None or process.poll() is not None:
                process = self._start()
            return self._exchange(process, data, size)
        except (OSError, EOFError, _Nonsense) as error:
            self.deaths += 1
            if process is not None:
                _end(process)
                process = None
            raise Undecodable("the decoder died or took too long") from error
        finally:
            self._free.put(process)

    def close(self) -> None:
        """End the processes, waiting for those at work. Idempotent."""
        for _ in range(self._processes):
            process = self._free.get()
            if process is not None:
                _end(process)
        for _ in range(self._processes):
            self._free.put(None)

    def _start(self) -> subprocess.Popen[bytes]:
        environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "MALLOC_TRIM_THRESHOLD_": "1048576"}
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            pipesize=_PIPE_BYTES,
        )

    def _exchange(self, process: subprocess.Popen[bytes], data: bytes, size: Size) -> Decoded:
        assert process.stdin is not None
        # Killing it turns a decoder that hangs into one that died, whatever it was doing.
        watchdog = threading.Timer(self._timeout_s, process.kill)
        watchdog.start()
        try:
            process.stdin.write(struct.pack(">QII", len(data), *size))
            process.stdin.write(data)
            process.stdin.flush()
            (length,) = struct.unpack(">I", _read(process, 4))
            if length > _MAX_HEAD_BYTES:
                raise _Nonsense
            width, height, lengths = _checked(_read(process, length), size)
            pixels, alpha, profile = (_read(process, part) for part in lengths)
        finally:
            watchdog.cancel()
        return Decoded(
            np.frombuffer(pixels, np.uint8).reshape(height, width, 3),
            np.frombuffer(alpha, np.uint8).reshape(height, width) if alpha else None,
            bytes(profile),
        )


class _Nonsense(Exception):
    """What comes from the process is not what it may send; it is ended."""


def _checked(text: bytes | bytearray, size: Size) -> tuple[int, int, tuple[int, int, int]]:
    """Width, height and lengths that a head announces; looked at before a byte of memory is set aside for them."""
    try:
        head: dict[str, Any] = json.loads(text)
        if "error" in head:
            raise Undecodable(str(head["error"]))
        width, height = int(head["width"]), int(head["height"])
        pixels, alpha, profile = map(int, head["lengths"])
    except (KeyError, TypeError, ValueError) as error:
        raise _Nonsense from error
    upright = (width, height) in (size, (size.height, size.width))
    if not upright or pixels != width * height * 3 or alpha not in (0, width * height):
        raise _Nonsense
    if not 0 <= profile <= _MAX_PROFILE_BYTES:
        raise _Nonsense
    return width, height, (pixels, alpha, profile)


def _read(process: subprocess.Popen[bytes], length: int) -> bytearray:
    assert process.stdout is not None
    buffer = bytearray(length)
    view = memoryview(buffer)
    while view:
        count = process.stdout.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        view = view[count:]
    return buffer


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was still in the buffer has nowhere to go
                pipe.close()
