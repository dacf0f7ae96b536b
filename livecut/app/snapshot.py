"""A still from the running filter: a sink that keeps the next picture, and requests left by other processes."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import platformdirs
from numpy.typing import NDArray

from livecut.app.still_files import kind_of, write_whole
from livecut.errors import DeviceLost, DeviceUnavailable, LivecutError
from livecut.locks import lock_now
from livecut.settings import Settings
from livecut.types import Picture, Pixels, Plane8

__all__ = ["Mailbox", "SnapshotSink", "ask_running", "running"]

_WAIT_S: Final = 5.0
_POLL_S: Final = 0.02
_TRIES: Final = 50


class SnapshotSink:
    """Copies one picture when asked; costs nothing otherwise. The privacy card is never taken for a picture."""

    name: Final = "snapshot"

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._taken = threading.Event()
        self._taking = threading.Lock()
        self._pixels: Pixels | None = None
        self._alpha: Plane8 | None = None

    @property
    def wanted(self) -> bool:
        """True while a picture is waited for."""
        return self._wanted.is_set()

    def is_watched(self) -> bool:
        """A still wakes a camera that rests."""
        return self.wanted

    def write(self, picture: Picture) -> None:
        """Keep it if one is wanted."""
        if not self._wanted.is_set() or picture.is_card:
            return
        self._pixels = picture.bgr.copy()
        self._alpha = None if picture.alpha is None else picture.alpha.copy()
        self._wanted.clear()
        self._taken.set()

    def take(self, timeout_s: float = _WAIT_S, *, burst: int = 1) -> NDArray[np.uint8]:
        """The sharpest of the next `burst` pictures, or of those that come in the time: BGR, or BGRA with its alpha.

        Raises `DeviceLost` when only the card is shown.
        """
        with self._taking:
            best = self._best(time.monotonic() + timeout_s, burst)
        if best is None:
            raise DeviceLost("no picture came: the privacy card is shown", hint="try again when the picture is back")
        _, bgr, alpha = best
        return bgr if alpha is None else np.dstack([bgr, alpha])

    def close(self) -> None:
        """Nothing to close."""

    def _best(self, end: float, burst: int) -> tuple[float, Pixels, Plane8 | None] | None:
        """Sharpness and pixels of the sharpest of the pictures that come until then; None when none does."""
        best: tuple[float, Pixels, Plane8 | None] | None = None
        if burst > 1:
            # Not before: the first picture must not wait for what kernels need.
            from livecut.kernels.cpu.sharpness import sharpness
        for _ in range(burst):
            self._taken.clear()
            self._wanted.set()
            if not self._taken.wait(max(0.0, end - time.monotonic())):
                self._wanted.clear()
                break
            assert self._pixels is not None
            score = sharpness(self._pixels) if burst > 1 else 0.0
            if best is None or score > best[0]:
                best = score, self._pixels, self._alpha
        return best


def _folder() -> Path:
    # Not the runtime folder: many systems have none, and the fallback under /tmp is anybody's.
    folder = platformdirs.user_cache_path("livecut", appauthor=False) / "running"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class Mailbox:
    """Where other processes of this user leave the path a picture is wanted at; there while the filter runs.

    Its mark is locked for as long as this process lives: a number alone may be another process's by now. `settings` are
    those the filter runs with: what it reads or writes is not written over. Raises `OSError` when it cannot be there.
    """

    def __init__(
        self, sink: SnapshotSink, folder: Path | None = None, *, settings: Callable[[], Settings] | None = None
    ) -> None:
        self._sink = sink
        self._settings = settings
        folder = folder or _folder()
        self._mark = folder / f"run-{os.getpid()}"
        self._request = folder / f"run-{os.getpid()}.request"
        self._answer = folder / f"run-{os.getpid()}.answer"
        for left in (self._request, self._answer):  # by a killed process of this number
            left.unlink(missing_ok=True)
        self._lock = _marked(self._mark)

    def look(self) -> bool:
        """Serve a request if there is one; True when there was."""
        try:
            wanted = self._request.read_bytes()
        except OSError:
            return False
        self._request.unlink(missing_ok=True)
        from livecut.app.still_image import encode_as

        try:
            request = json.loads(wanted)
            target = Path(request["path"])
            if self._settings is not None:
                from livecut.app.overwriting import refuse_replacing

                refuse_replacing(target, self._settings())
            pixels = self._sink.take(burst=int(request["burst"]))
            write_whole(target, encode_as(kind_of(target) or "png", pixels))
            answer = ""
        except Exception as error:  # whatever was left there, the next request is served
            answer = f"{error}\n{getattr(error, 'hint', '')}"
        with contextlib.suppress(LivecutError):  # nobody to tell
            write_whole(self._answer, answer.encode(errors="replace"))
        return True

    def close(self) -> None:
        """Take the box away. Idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        for path in (self._mark, self._request, self._answer):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def running(folder: Path | None = None) -> Iterator[Path]:
    """Marks of the filters that run now, the newest first; what a killed one left behind is removed."""
    for mark in sorted(_marks(folder or _folder()), key=_age_ns):
        if _is_held(mark):
            yield mark
        else:
            with contextlib.suppress(OSError):
                mark.unlink(missing_ok=True)


def _marks(folder: Path) -> list[Path]:
    return [path for path in folder.glob("run-*") if path.name.removeprefix("run-").isdecimal()]


def _age_ns(mark: Path) -> int:
    try:
        return -mark.stat().st_mtime_ns
    except OSError:
        return 0  # it ended meanwhile


def ask_running(mark: Path, target: Path, *, burst: int = 1) -> None:
    """Have a running filter write the sharpest of its next `burst` pictures to `target`.

    Raises `DeviceUnavailable` or `DeviceLost`.
    """
    answer = mark.with_name(f"{mark.name}.answer")
    answer.unlink(missing_ok=True)
    request = json.dumps({"path": str(target.absolute()), "burst": burst})
    write_whole(mark.with_name(f"{mark.name}.request"), request.encode())
    deadline = time.monotonic() + 2 * _WAIT_S
    while not answer.exists():
        if time.monotonic() > deadline:
            raise DeviceUnavailable("the running filter does not answer", hint="end it, and try again")
        time.sleep(_POLL_S)
    said = answer.read_text(encoding="utf-8")
    answer.unlink(missing_ok=True)
    if said:
        message, _, hint = said.partition("\n")
        raise DeviceLost(message, hint=hint)


_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What a file system says that knows no locks."""


def _marked(mark: Path) -> int:
    """Make the mark and lock it; the open file, which holds the lock. Raises `OSError` when another process does."""
    for _ in range(_TRIES):
        file = os.open(mark, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock_now(file)
            if os.path.samestat(os.fstat(file), mark.stat()):
                os.utime(mark)
                return file
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return file  # a network home, say: it is found as before, by being there
        os.close(file)
        time.sleep(_POLL_S)  # whoever looks whether it is held holds it for a moment, and may remove it
    raise OSError(f"{mark} is held by another process")


def _is_held(mark: Path) -> bool:
    """True while the process that made the mark lives: the system lets go of its lock, however it ends."""
    try:
        file = os.open(mark, os.O_RDWR)
    except OSError:
        return False
    try:
        # Two that look at the same time must not take each other for the one that runs.
        lock_now(file, shared=True)
    except OSError:
        return True
    finally:
        os.close(file)
    return False
