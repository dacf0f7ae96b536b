"""How another process of this user finds the running filter and asks something of it: by files in a private folder."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import platformdirs

from livecut import errors
from livecut.app.still_files import write_whole
from livecut.errors import DeviceUnavailable, LivecutError, SettingsError
from livecut.locks import lock_now

__all__ = ["Answer", "Mailbox", "ask", "running"]

log = logging.getLogger(__name__)

Answer: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Does what a request asks for, and returns what JSON can hold; raises what was wrong with it."""

_ANSWER_S: Final = 30.0
"""A change of the network may have to read another one first."""
_POLL_S: Final = 0.01
_TRIES: Final = 50


def _folder() -> Path:
    # Not the runtime folder: many systems have none, and the fallback under /tmp is anybody's.
    folder = platformdirs.user_cache_path("livecut", appauthor=False) / "running"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class Mailbox:
    """Where requests are left, one file each; there while the filter runs.

    Its mark is locked for as long as this process lives: a number alone may be another process's by now. Raises
    `OSError` when it cannot be there.
    """

    def __init__(self, answers: Mapping[str, Answer], folder: Path | None = None) -> None:
        """`answers` by what is asked for."""
        self._answers = answers
        folder = folder or _folder()
        self._mark = folder / f"run-{os.getpid()}"
        _sweep(self._mark)  # what was left to, or by, a killed process of this number
        self._lock = _marked(self._mark)

    def look(self) -> bool:
        """Begin to serve the requests that are there, each on a thread of its own; True when there was one.

        A still may be waited for, and a change may load a network: whoever wants to be hidden meanwhile must not wait.
        """
        taken = False
        for request in self._mark.parent.glob(f"{self._mark.name}.ask-*"):
            try:
                wanted = request.read_bytes()
                request.unlink()
            except OSError:
                continue  # whoever asked has given up
            taken = True
            serve = partial(self._serve, wanted, _answer_to(request))
            threading.Thread(target=serve, name="livecut-request", daemon=True).start()
        return taken

    def close(self) -> None:
        """Take the box away. Idempotent."""
        if self._lock < 0:
            return
        os.close(self._lock)
        self._lock = -1
        _sweep(self._mark)
        with contextlib.suppress(OSError):
            self._mark.unlink(missing_ok=True)

    def _serve(self, wanted: bytes, answer: Path) -> None:
        try:
            said = {"answer": self._answered(wanted)}
        except Exception as error:  # whatever was left there, the next request is served
            if not isinstance(error, LivecutError):
                log.info("a request failed: %s", error, exc_info=True)
            text = str(error) or type(error).__name__
            said = {"error": text, "hint": getattr(error, "hint", ""), "kind": type(error).__name__}
        with contextlib.suppress(LivecutError):  # nobody to tell
            write_whole(answer, json.dumps(said).encode(errors="replace"))

    def _answered(self, wanted: bytes) -> Any:
        request = json.loads(wanted)
        if not isinstance(request, dict) or request.get("do") not in self._answers:
            raise SettingsError(
                "the running filter does not know what is asked of it", hint="is it of another version?"
            )
        return self._answers[request["do"]](request)


def running(folder: Path | None = None) -> Iterator[Path]:
    """Marks of the filters that run now, the newest first; what a killed one left behind is removed."""
    for mark in sorted(_marks(folder or _folder()), key=lambda path: -_written_ns(path)):
        if _is_held(mark):
            yield mark
        else:
            _sweep(mark)
            with contextlib.suppress(OSError):
                mark.unlink(missing_ok=True)


def ask(mark: Path, do: str, *, wait_s: float = _ANSWER_S, **what: Any) -> Any:
    """What the filter of this mark answers to a request; raises the `LivecutError` that it raised.

    Raises `DeviceUnavailable` when no answer comes.
    """
    request = mark.with_name(f"{mark.name}.ask-{uuid.uuid4().hex}")
    answer = _answer_to(request)
    write_whole(request, json.dumps({"do": do, **what}).encode())
    deadline = time.monotonic() + wait_s
    try:
        while not answer.exists():
            if time.monotonic() > deadline:
                raise DeviceUnavailable("the running filter does not answer", hint="end it, and try again")
            time.sleep(_POLL_S)
        said = json.loads(answer.read_bytes())
    finally:
        for file in (request, answer):
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
    if "error" in said:
        raise _raised(str(said["error"]), str(said["hint"]), str(said["kind"]))
    return said["answer"]


def _raised(message: str, hint: str, kind: str) -> LivecutError:
    """The error as it was raised there, or that the filter failed."""
    known = getattr(errors, kind, None) if kind in errors.__all__ else None
    if isinstance(known, type) and issubclass(known, LivecutError):
        return known(message, hint=hint)
    return DeviceUnavailable(f"the running filter could not do it: {message}", hint=hint)


def _sweep(mark: Path) -> None:
    for kind in ("ask", "said"):
        for left in mark.parent.glob(f"{mark.name}.{kind}-*"):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _answer_to(request: Path) -> Path:
    return request.with_name(request.name.replace(".ask-", ".said-", 1))


def _marks(folder: Path) -> list[Path]:
    return [path for path in folder.glob("run-*") if path.name.removeprefix("run-").isdecimal()]


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0  # gone meanwhile


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
