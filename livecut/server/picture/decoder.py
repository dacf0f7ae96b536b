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

import numpy as np

from livecut.types import Pixels, Plane8

__all__ = ["Decoded", "Decoder", "Undecodable"]


# Fewer changes between the two processes: a 4096x4096 picture passes in a third of the time.
_PIPE_BYTES = 1 << 20


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
        self._command = command or (sys.executable, "-m", "livecut.server.picture.decoder_process")
        # Places for processes, of which None is one that is not running.
        self._free: queue.SimpleQueue[subprocess.Popen[bytes] | None] = queue.SimpleQueue()
        for _ in range(processes):
            self._free.put(None)
        self._processes = processes
        self.deaths = 0

    def decode(self, data: bytes) -> Decoded:
        """The picture in a file whose header was checked. Raises `Undecodable`."""
        process = self._free.get()
        try:
            if process is None or process.poll() is not None:
                process = self._start()
            return self._exchange(process, data)
        except (OSError, EOFError) as error:
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

    def _exchange(self, process: subprocess.Popen[bytes], data: bytes) -> Decoded:
        assert process.stdin is not None
        # Killing it turns a decoder that hangs into one that died, whatever it was doing.
        watchdog = threading.Timer(self._timeout_s, process.kill)
        watchdog.start()
        try:
            process.stdin.write(struct.pack(">Q", len(data)))
            process.stdin.write(data)
            process.stdin.flush()
            (length,) = struct.unpack(">I", _read(process, 4))
            head = json.loads(_read(process, length))
            if "error" in head:
                raise Undecodable(head["error"])
            height, width = int(head["height"]), int(head["width"])
            pixels, alpha, profile = (_read(process, part) for part in head["lengths"])
        finally:
            watchdog.cancel()
        return Decoded(
            np.frombuffer(pixels, np.uint8).reshape(height, width, 3),
            np.frombuffer(alpha, np.uint8).reshape(height, width) if alpha else None,
            bytes(profile),
        )


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
