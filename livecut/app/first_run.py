"""On the very first run a second process compiles half of the kernels: the effect's and those of memory over time."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from types import TracebackType

import numpy as np

from livecut.app.build import build_effect
from livecut.kernels.cpu.compiling import when_compiling
from livecut.kernels.cpu.memory import AlphaMemory, remember
from livecut.kernels.cpu.motion_field import MotionField
from livecut.kernels.cpu.seats import Seat
from livecut.pipeline.rehearsal import made_up_scene
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Canvas, Motion, Size

__all__ = ["Companion", "compile_effect", "compile_memory", "compile_motion", "serve"]

log = logging.getLogger(__name__)

_PATIENCE_S = 60.0
"""A companion that takes longer is in trouble; what it has not compiled is compiled here."""
_COMPANION = "from livecut.app.first_run import serve; serve()"


class Companion:
    """Context: starts the second process at the first kernel that has to be compiled, and ends it at the end.

    numba compiles one kernel at a time in a process, and this halves the wait where there are two cores. Both share
    numba's cache, so that what the one has compiled the other reads. Where no process can be started, or it fails,
    nothing is lost: every kernel that is not there is compiled by who needs it.
    """

    def __init__(self, settings: Settings, size: Size) -> None:
        self._settings, self._size = settings, size
        self._process: subprocess.Popen[str] | None = None
        self._watching = contextlib.ExitStack()

    def __enter__(self) -> Companion:
        if Seat.cores() > 1 and sys.executable:
            self._watching.enter_context(when_compiling(self._start))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watching.close()
        process = self._process
        if process is not None:
            process.kill()
            with contextlib.suppress(OSError):  # what it has not read goes with it
                process.communicate()

    def wait(self) -> None:
        """Return when the companion's half is in the cache, as far as that goes; at once where there is no companion.

        From here on none is started: what is compiled now is the effect's.
        """
        self._watching.close()
        if self._process is not None:
            try:
                code = self._process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                log.info("the second process compiles no more: it took %.0f s", _PATIENCE_S)
            else:
                log.info("the second process has compiled its half (exit code %d)", code)

    def _start(self) -> None:
        log.info("kernels are being compiled, on two cores")
        # Nothing but what an effect is built of: no key or password of a service leaves this process.
        wanted = self._settings.model_dump_json(include={"effect", "matte"})
        job = f"{self._size.width}x{self._size.height}\n{wanted}\n"
        try:
            # Its standard input stays open: when this process ends, however it does, the other one sees that.
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _COMPANION],  # -P: no module from whatever folder this is
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            self._process = process
            assert process.stdin is not None
            process.stdin.write(job)
            process.stdin.flush()
        except OSError as error:
            log.info("no second process to compile with: %s", error)


def serve() -> None:
    """What the companion does: read its job, end with whoever gave it, compile."""
    width, _, height = sys.stdin.readline().partition("x")
    settings = Settings.model_validate_json(sys.stdin.readline())

    def end_with_parent() -> None:
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    size = Size(int(width), int(height))
    remembers = settings.matte.smooth > 0.0
    if remembers:
        compile_memory(size)
    compile_effect(settings, size)
    if remembers:
        compile_motion()
    os._exit(0)


def compile_memory(size: Size) -> None:
    """Compile what the refiner needs from the second picture on: the other process comes to it later."""
    grid = Size(16, 9)
    fresh, held, out = (np.zeros((size.height, size.width), np.uint8) for _ in range(3))
    dx, dy, same = (np.zeros((grid.height, grid.width), np.float32) for _ in range(3))
    AlphaMemory(size, grid, 0.5)(fresh, held, Motion(dx, dy, same, 1, 0), out)


def compile_motion() -> None:
    """Compile what memory over time needs: the other process comes to it last, and compiles it if this one is late."""
    grid = Size(64, 48)
    field = MotionField(grid)
    for _ in range(2):
        field(np.zeros((grid.height, grid.width, 3), np.uint8))
    fresh, held, out = (np.zeros((grid.height, grid.width), np.float32) for _ in range(3))
    remember(fresh, held, Motion(field.dx, field.dy, field.same, 1, 0), 0.5, out)


def compile_effect(settings: Settings, size: Size) -> None:
    """Paint two made-up pictures, and so compile what the effect of these settings runs.

    No camera and no file is opened for a background: a colour stands in for it.
    """
    effect = build_effect(apply(settings, {"effect": {"replace": {"background": "#808080"}}}), size)
    canvas = Canvas.empty(size, alpha=effect.has_alpha, depth=bool(getattr(effect, "has_depth", False)))
    for index in range(2):
        effect.render(made_up_scene(size, index, index * 33_333_333), canvas)
    effect.close()
