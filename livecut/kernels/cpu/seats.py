"""A core of its own for the thread that renders, in a virtual machine: the threads that help it work on the others.

A guest whose cores have slept wakes the threads of a frame on the core of the one that wakes them and leaves the other
cores asleep; Linux takes a sleeping core for one that its host has taken away (`vcpu_is_preempted`). Measured on two
cores under KVM: after any rest of 5 ms, as there is before each frame of a camera, `blur` at 1280x720 took 12.8 ms and
as much of the processor, with seats 6.5 ms. A machine that is no guest finds its idle cores by itself.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

__all__ = ["Seat", "is_guest"]

_CPUINFO: Final = Path("/proc/cpuinfo")
_TASKS: Final = Path("/proc/self/task")


class _Moves(Protocol):
    def __call__(self, thread: int, cores: Iterable[int], /) -> None: ...


class _Says(Protocol):
    def __call__(self, thread: int, /) -> set[int]: ...


# Windows and macOS do not place threads this way.
_MOVE: Final[_Moves | None] = getattr(os, "sched_setaffinity", None)
_CORES_OF: Final[_Says | None] = getattr(os, "sched_getaffinity", None)


def is_guest(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether this Linux runs in a virtual machine, by the flag that x86 has for it; elsewhere False."""
    try:
        return "hypervisor" in cpuinfo.read_text(errors="replace").split()
    except OSError:
        return False


def _usable() -> Sequence[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") and is_guest() else ()


def _all_threads() -> Iterable[int]:
    return [int(task.name) for task in _TASKS.iterdir()] if _TASKS.is_dir() else []


def _python_threads() -> Iterable[int]:
    return [thread.native_id for thread in threading.enumerate() if thread.native_id is not None]


class Seat:
    """The first core, for one thread of the process at a time; does nothing outside virtual machines."""

    _lock: Final = threading.Lock()
    _taken_by: Seat | None = None
    _pools: Final = set[int]()
    """Threads that began while something was loaded that may want the renderer's help."""

    def __init__(
        self,
        *,
        usable: Callable[[], Sequence[int]] = _usable,
        all_threads: Callable[[], Iterable[int]] = _all_threads,
        python_threads: Callable[[], Iterable[int]] = _python_threads,
        move: _Moves | None = _MOVE,
        cores_of: _Says | None = _CORES_OF,
    ) -> None:
        """Nothing happens before `take`. What is given here stands in for the system's."""
        self._usable, self._all, self._pythons = usable, all_threads, python_threads
        self._move, self._cores_of = move, cores_of
        self._cores: Sequence[int] = ()
        self._sitter = 0
        self._settled: object = None

    def take(self) -> None:
        """Keep the calling thread on the first core, unless another seat is taken: two would share it."""
        cores = self._usable()
        with Seat._lock:
            if len(cores) < 2 or Seat._taken_by is not None:
                return
            Seat._taken_by = self
        self._cores, self._sitter = cores, threading.get_native_id()
        self._put(0, cores[:1])

    def settle(self, plan: object) -> None:
        """`clear` when `plan` has been rendered with for the first time; called after each of its frames."""
        if self._settled is not plan:
            self._settled = plan
            self.clear()

    def clear(self) -> None:
        """Move the threads that help the one with the seat off it, if it was taken.

        A thread may go where the one that began it may, so this is for when they are there: a plan's first frame.
        Those that the renderer's own thread began (OpenMP's) and those of `beginning` are moved; a decoder's or an
        encoder's go where they like.
        """
        if not self._cores:
            return
        pythons = {*self._pythons(), self._sitter}
        for thread in self._all():
            if thread in pythons:
                if thread != self._sitter and self._is_on_seat(thread):
                    self._put(thread, self._cores)
            elif thread in self._pools or self._is_on_seat(thread):
                self._put(thread, self._cores[1:])

    @classmethod
    @contextlib.contextmanager
    def beginning(cls, all_threads: Callable[[], Iterable[int]] = _all_threads) -> Iterator[None]:
        """Threads that begin meanwhile will help who renders: a network is being loaded."""
        before = set(all_threads())
        try:
            yield
        finally:
            there = set(all_threads())
            with cls._lock:
                cls._pools.intersection_update(there)
                cls._pools.update(there - before)

    @classmethod
    def leave(cls) -> None:
        """Keep the calling thread off whichever seat is taken: it works beside the one that renders."""
        seat = cls._taken_by
        if seat is not None and seat._cores:
            seat._put(0, seat._cores[1:])

    @classmethod
    def cores(cls) -> int:
        """How many cores the process may use, whatever the calling thread may."""
        seat = cls._taken_by
        if seat is not None and seat._cores:
            return len(seat._cores)
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def give_back(self) -> None:
        """Let the calling thread, which took the seat, go wherever it likes. Idempotent."""
        if not self._cores:
            return
        self._put(0, self._cores)
        self._cores = ()
        with Seat._lock:
            Seat._taken_by = None

    def _is_on_seat(self, thread: int) -> bool:
        try:
            return self._cores_of is not None and self._cores_of(thread) == set(self._cores[:1])
        except OSError:
            return False

    def _put(self, thread: int, cores: Sequence[int]) -> None:
        if self._move is None:
            return
        # A thread that has ended, or cores taken away meanwhile: it stays where it is, and works.
        with contextlib.suppress(OSError):
            self._move(thread, cores)
