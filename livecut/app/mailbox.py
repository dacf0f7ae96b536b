"""How another process of this user finds the running filter and asks something of it: by files in a private folder."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import stat
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import platformdirs

from livecut import errors
from livecut.app.still_files import write_whole
from livecut.errors import DeviceUnavailable, LivecutError, SettingsError
from livecut.files import open_file
from livecut.locks import lock_now

__all__ = ["Answer", "Mailbox", "ask", "running"]

log = logging.getLogger(__name__)

Answer: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Does what a request asks for, and returns what JSON can hold; raises what was wrong with it."""

_ANSWER_S: Final = 30.0
"""A change of the network may have to read another one first."""
_POLL_S: Final = 0.01
_HELD_S: Final = 0.25
"""How often who waits looks whether the filter is still there."""
_END_S: Final = 1.0
"""How long the end waits for requests at work."""
_TRIES: Final = 50
_MOST_BYTES: Final = 1 << 16
_MOST_AT_WORK: Final = 8


def _folder() -> Path:
    # Not the runtime folder: many systems have none, and the fallback under /tmp is anybody's.
    return platformdirs.user_cache_path("livecut", appauthor=False) / "running"


def _own(folder: Path) -> Path:
    """The folder, made if need be, once it is nobody else's to write to: what lies there is done. Raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not hasattr(os, "geteuid"):
        return folder
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        status = os.fstat(handle)
        if status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "it belongs to another user", str(folder))
        if stat.S_IMODE(status.st_mode) & 0o077:
            os.fchmod(handle, 0o700)
    finally:
        os.close(handle)
    return folder


class Mailbox:
    """Where requests are left, one file each; there while the filter runs.

    Its mark is locked for as long as this process lives: a number alone may be another process's by now. Raises
    `OSError` when it cannot be there, also where the folder is another user's.
    """

    def __init__(
        self, answers: Mapping[str, Answer], folder: Path | None = None, *, slow: Collection[str] = ()
    ) -> None:
        """`answers` by what is asked for; those that may take their time, `slow`, are worked on apart."""
        self._answers, self._slow = answers, frozenset(slow)
        self._mark = _own(folder or _folder()) / f"run-{os.getpid()}"
        self._at_work: list[threading.Thread] = []
        for kind in ("ask", "said"):  # left to, or by, a killed process of this number
            for left in self._mark.parent.glob(f"{self._mark.name}.{kind}-*"):
                _remove(left)
        self._lock = _marked(self._mark)

    def look(self) -> bool:
        """Serve the requests that are there; True when there was one. Never raises.

        Slow ones are served on a thread of their own each: a still may be waited for, and a change may load a network,
        and whoever wants to be hidden meanwhile must not wait.
        """
        requests = list(self._mark.parent.glob(f"{self._mark.name}.ask-*"))
        for request in requests:
            self._take(request)
        return bool(requests)

    def close(self) -> None:
        """Take the box away: what is at work is waited for a moment, what was not begun is told so. Idempotent."""
        if self._lock < 0:
            return
        end_s = time.monotonic() + _END_S
        for thread in self._at_work:
            thread.join(max(0.0, end_s - time.monotonic()))
        for request in self._mark.parent.glob(f"{self._mark.name}.ask-*"):
            _remove(request)
            _say(_answer_to(request), _fault(_ended()))
        os.close(self._lock)
        self._lock = -1
        _remove(self._mark)

    def _take(self, request: Path) -> None:
        try:
            try:
                with open_file(request) as file:
                    wanted = file.read(_MOST_BYTES + 1)
            finally:
                _remove(request)
            answer, asked = self._understood(wanted)
            self._at_work = [thread for thread in self._at_work if thread.is_alive()]
            serve = partial(self._serve, answer, asked, _answer_to(request))
            if asked["do"] not in self._slow:
                serve()
                return
            if len(self._at_work) >= _MOST_AT_WORK:
                raise DeviceUnavailable("the running filter has too much to do already", hint="try again in a moment")
            thread = threading.Thread(target=serve, name="livecut-request", daemon=True)
            thread.start()
            self._at_work.append(thread)
        except Exception as error:  # whatever was left there, the next request is served
            _say(_answer_to(request), _fault(error))

    def _understood(self, wanted: bytes) -> tuple[Answer, dict[str, Any]]:
        request = json.loads(wanted) if len(wanted) <= _MOST_BYTES else None
        do = request.get("do") if isinstance(request, dict) else None
        if isinstance(request, dict) and isinstance(do, str) and do in self._answers:
            return self._answers[do], request
        raise SettingsError("the running filter does not know what is asked of it", hint="is it of another version?")

    @staticmethod
    def _serve(answer: Answer, request: Mapping[str, Any], to: Path) -> None:
        try:
            said = json.dumps({"answer": answer(request)})
        except Exception as error:
            said = _fault(error)
        _say(to, said)


def running(folder: Path | None = None) -> Iterator[Path]:
    """Marks of the filters that run now, the newest first; what killed ones left behind is removed."""
    try:
        folder = _own(folder or _folder())
    except OSError:
        return  # where no box can be, none is
    for mark in sorted(_marks(folder), key=lambda path: -_written_ns(path)):
        if _is_held(mark):
            yield mark
        else:
            _remove(mark)
    forgotten_ns = time.time_ns() - round(2e9 * _ANSWER_S)
    for left in (*folder.glob("run-*.ask-*"), *folder.glob("run-*.said-*")):
        if _written_ns(left) < forgotten_ns:
            _remove(left)


def ask(mark: Path, do: str, *, wait_s: float = _ANSWER_S, **what: Any) -> Any:
    """What the filter of this mark answers to a request; raises the `LivecutError` that it raised.

    Raises `DeviceUnavailable` when no answer comes, at once where the filter has ended.
    """
    request = mark.with_name(f"{mark.name}.ask-{uuid.uuid4().hex}")
    answer = _answer_to(request)
    write_whole(request, json.dumps({"do": do, **what}).encode())
    deadline = time.monotonic() + wait_s
    look_s, is_there = time.monotonic() + _HELD_S, True
    try:
        while not answer.exists():
            if not is_there:
                raise _ended()
            now_s = time.monotonic()
            if now_s > deadline:
                raise DeviceUnavailable("the running filter does not answer", hint="end it, and try again")
            if now_s > look_s:
                # What it said before it ended is looked for once more.
                look_s, is_there = now_s + _HELD_S, _is_held(mark)
            time.sleep(_POLL_S)
        said = json.loads(answer.read_bytes())
    finally:
        _remove(request)
        _remove(answer)
    if "error" in said:
        raise _raised(str(said["error"]), str(said["hint"]), str(said["kind"]), said.get("meant"))
    return said["answer"]


def _ended() -> DeviceUnavailable:
    return DeviceUnavailable("the filter has ended", hint="start one: livecut run")


def _fault(error: Exception) -> str:
    """What is said of an error."""
    if not isinstance(error, LivecutError):
        log.info("a request failed: %s", error, exc_info=True)
    text = str(error) or type(error).__name__
    hint, meant = getattr(error, "hint", ""), getattr(error, "meant", None)
    return json.dumps({"error": text, "hint": hint, "kind": type(error).__name__, "meant": meant})


def _say(to: Path, said: str) -> None:
    with contextlib.suppress(LivecutError):  # nobody to tell
        write_whole(to, said.encode(errors="replace"))


def _raised(message: str, hint: str, kind: str, meant: list[str] | None) -> LivecutError:
    """The error as it was raised there, or that the filter failed."""
    known = getattr(errors, kind, None) if kind in errors.__all__ else None
    if isinstance(known, type) and issubclass(known, LivecutError):
        error = known(message, hint=hint)
        error.meant = (meant[0], meant[1]) if meant else None
        return error
    return DeviceUnavailable(f"the running filter could not do it: {message}", hint=hint)


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)


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
