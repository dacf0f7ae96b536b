"""Runs the ordinary way in a process of its own, a frame whenever it is told to."""

from __future__ import annotations

import multiprocessing
import signal
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Final

import numpy as np

from livecut.bench.ordinary import OrdinaryWay
from livecut.bench.turns import Turn, calm_down, timed
from livecut.errors import LivecutError, SettingsError
from livecut.inference.store import find, for_needs, locate
from livecut.protocols import Need
from livecut.types import Pixels, Size

__all__ = ["Rival"]

_CHANNELS: Final = 3
_GOODBYE_S: Final = 5.0


class Rival:
    """The ordinary way behind a pipe. Paint a frame in `bgr`, then take a `turn`.

    A process of its own keeps the two sides' threads, settings and processor time apart: OpenCV and ONNX Runtime have
    one pool a process, and it is the pools that are compared. Raises what the process raises at its start.
    """

    def __init__(self, model: str, size: Size) -> None:
        if size.width % 2 or size.height % 2:
            raise SettingsError(f"{size} has an odd side, which OpenCV does not turn into I420", hint="--size 1280x720")
        self._memory = SharedMemory(create=True, size=size.width * size.height * _CHANNELS)
        self.bgr: Pixels = _pixels(self._memory, size)
        """(h, w, 3): the frame that the next turn is about."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._memory.name, model, size), name="livecut-ordinary", daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def turn(self) -> Turn:
        """Let it process the frame; returns when it has, and its threads are at rest."""
        self._pipe.send("frame")
        turn = self._answer()
        assert turn is not None
        return turn

    def close(self) -> None:
        """End the process and give the memory back. Idempotent."""
        if not self._pipe.closed:
            self._pipe.close()
            self._process.join(_GOODBYE_S)
            if self._process.is_alive():
                self._process.terminate()
                self._process.join()
            del self.bgr
            self._memory.close()
            self._memory.unlink()

    def _answer(self) -> Turn | None:
        try:
            answer = self._pipe.recv()
        except EOFError as error:
            raise SettingsError("the ordinary way ended unexpectedly", hint="run it without --vs") from error
        if isinstance(answer, BaseException):
            raise answer
        return Turn(*answer) if answer is not None else None


def _pixels(memory: SharedMemory, size: Size) -> Pixels:
    return np.ndarray((size.height, size.width, _CHANNELS), np.uint8, buffer=memory.buf)


def _serve(pipe: Connection, memory_name: str, model: str, size: Size) -> None:
    """The process: one turn a message, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    memory = SharedMemory(name=memory_name)
    bgr = _pixels(memory, size)
    try:
        spec = for_needs(find(model), frozenset({Need.MATTE}))  # as our own way does
        way = OrdinaryWay(spec, locate(spec), size)
        out = np.empty((size.height * 3 // 2, size.width), np.uint8)
        way.render(bgr, out)
        pipe.send(None)
        while pipe.recv() == "frame":
            pipe.send(tuple(timed(partial(way.render, bgr, out), calm_down)))
    except LivecutError as error:
        pipe.send(error)
    except (EOFError, BrokenPipeError):
        pass
    finally:
        del bgr
        memory.close()
