"""Finds accesses of device kernels that race: a simulator of threads in turns gives the right answer all the same.

Every element of memory that is shared between threads, global or of a block, is watched for a launch. Two accesses of
different threads race if at least one writes, not both are atomic, and no barrier of their block lies between; blocks
have no barrier. Grids are as fine as can be, a block for each element, so that nothing is ordered by chance.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba.cuda import types
from numba.cuda.np import numpy_support
from numba.cuda.simulator import kernel as simulator
from numba.cuda.simulator import kernelapi
from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray, FakeWithinKernelCUDAArray

from livecut.kernels.cuda import device

__all__ = ["Races", "watched"]

_LONE = 8
"""Threads of a block that is alone: a power of two, for sums by halves."""


@dataclass(frozen=True, slots=True)
class _Access:
    block: tuple[int, ...]
    thread: int
    epoch: int
    """How many barriers the thread has passed."""
    line: str
    writes: bool
    atomic: bool
    value: Any
    """What is written."""

    def races(self, other: _Access) -> bool:
        """Whether nothing orders the two."""
        if not (self.writes or other.writes) or (self.atomic and other.atomic):
            return False
        if self.block != other.block:
            return True
        return self.thread != other.thread and self.epoch == other.epoch


@dataclass(slots=True)
class Races:
    """What was found."""

    found: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """How often, by kernel and the two lines."""
    alike: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """The same for two writes of one value, of which it does not matter which comes last."""
    negative: dict[str, int] = field(default_factory=dict)
    """Indices below 0, which mean an element from the end here."""
    apart: set[tuple[str, str]] = field(default_factory=set)
    """Kernels, and where threads of a block met at different barriers, or one had ended before the others' last."""
    accesses: int = 0
    kernel: str = ""
    """That was launched last."""
    _seen: dict[int, list[_Access]] = field(default_factory=dict)

    def launched(self, kernel: str) -> None:
        """What is done from here on comes after all that was done before."""
        self.kernel = kernel
        self._seen = {}

    def saw(self, address: int, *, writes: bool, value: Any = None) -> None:
        """Note an access of the running thread."""
        thread: Any = threading.current_thread()
        if not isinstance(thread, simulator.BlockThread):
            return
        self.accesses += 1
        frame, atomic = sys._getframe(2), False
        while frame.f_code.co_filename == kernelapi.__file__:
            assert frame.f_back is not None
            frame, atomic = frame.f_back, True
        name = frame.f_code.co_filename.rpartition("/")[2]
        access = _Access(
            tuple(thread.blockIdx), thread.thread_id, getattr(thread, "epoch", 0), f"{name}:{frame.f_lineno}",
            writes, atomic, value,
        )  # fmt: skip
        others = self._seen.setdefault(address, [])
        for other in others:
            if access.races(other):
                same = access.writes and other.writes and access.value == other.value
                first, second = sorted((access.line, other.line))
                into = self.alike if same else self.found
                into[self.kernel, first, second] = into.get((self.kernel, first, second), 0) + 1
        # One of a kind is enough: an element that all threads read would be kept for each.
        kind = (access.block, access.thread, access.epoch, access.writes, access.atomic)
        if all(kind != (one.block, one.thread, one.epoch, one.writes, one.atomic) for one in others[-4:]):
            others.append(access)


def _element(array: Any, index: Any) -> int:
    """Address of one element."""
    places = index if isinstance(index, tuple) else (index,)
    address = int(array.__array_interface__["data"][0])
    for place, size, stride in zip(places, array.shape, array.strides, strict=True):
        address += (int(place) % size) * stride
    return address


@contextmanager
def watched() -> Iterator[Races]:
    """Watch every launch within; only where numba simulates the device."""
    races = Races()
    kept = {
        (FakeWithinKernelCUDAArray, "__getitem__"): _getitem(races),
        (FakeWithinKernelCUDAArray, "__setitem__"): _setitem(races),
        (kernelapi.FakeCUDAShared, "array"): _shared,
        (simulator.FakeCUDAKernel, "__call__"): _called(races, simulator.FakeCUDAKernel.__call__),
        (simulator.BlockThread, "syncthreads"): _waited(simulator.BlockThread.syncthreads),
        (simulator.BlockManager, "run"): _ran(races, simulator.BlockManager.run),
        (device, "_MOST_BLOCKS"): 1 << 20,
        (device, "_LONE_BLOCK"): _LONE,
        (device.Device, "over"): _over,
    }
    before = {key: getattr(*key) for key in kept}
    for (owner, name), value in kept.items():
        setattr(owner, name, value)
    try:
        yield races
    finally:
        for (owner, name), value in before.items():
            setattr(owner, name, value)


def _indices(races: Races, index: Any) -> None:
    for place in index if isinstance(index, tuple) else (index,):
        if not isinstance(place, slice) and place < 0:
            frame = sys._getframe(2)
            line = f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
            races.negative[line] = races.negative.get(line, 0) + 1


def _getitem(races: Races) -> Any:
    def getitem(self: Any, index: Any) -> Any:
        array = self._item._ary
        found = array[index]
        if isinstance(found, np.ndarray):
            return FakeWithinKernelCUDAArray(FakeCUDAArray(found))
        _indices(races, index)
        races.saw(_element(array, index), writes=False)
        return found

    return getitem


def _setitem(races: Races) -> Any:
    def setitem(self: Any, index: Any, value: Any) -> None:
        array = self._item._ary
        array[index] = value
        assert not isinstance(array[index], np.ndarray), "kernels write element by element"
        _indices(races, index)
        races.saw(_element(array, index), writes=True, value=array[index])

    return setitem


def _shared(self: Any, shape: Any, dtype: Any, alignment: Any = None) -> Any:
    # Of a block one array a line that asks for one, as of numba's own.
    caller = sys._getframe(1)
    place = (caller.f_code.co_filename, caller.f_lineno)
    if place not in self._allocations:
        plain = np.empty(shape, numpy_support.as_dtype(dtype) if isinstance(dtype, types.Type) else dtype)
        self._allocations[place] = FakeWithinKernelCUDAArray(FakeCUDAArray(plain))
    return self._allocations[place]


def _called(races: Races, call: Any) -> Any:
    def called(self: Any, *args: Any) -> Any:
        if not (self._device or simulator._kernel_context):
            races.launched(self.fn.__name__)
        return call(self, *args)

    return called


def _waited(wait: Any) -> Any:
    def waited(self: Any) -> None:
        frame = sys._getframe(1)
        while frame.f_code.co_filename == kernelapi.__file__:
            assert frame.f_back is not None
            frame = frame.f_back
        place = f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
        self.barriers = (*getattr(self, "barriers", ()), place)
        wait(self)
        self.epoch = len(self.barriers)

    return waited


def _ran(races: Races, run: Any) -> Any:
    def ran(self: Any, grid_point: Any, *args: Any) -> None:
        if np.prod(self._block_dim) == 1:
            _ran_here(self, grid_point, args)
            return
        threads: list[Any] = []
        wanted = self._f

        def noted(*given: Any) -> None:
            threads.append(threading.current_thread())
            wanted(*given)

        self._f = noted
        run(self, grid_point, *args)
        ways = {getattr(thread, "barriers", ()) for thread in threads}
        if len(ways) > 1:
            # The first barrier that not all of them came to, in the way of whoever came farthest.
            longest, shortest = max(ways, key=len), min(ways, key=len)
            at = next((k for k, (a, b) in enumerate(zip(longest, shortest, strict=False)) if a != b), len(shortest))
            races.apart.add((races.kernel, longest[at]))

    return ran


def _ran_here(manager: Any, grid_point: Any, args: Any) -> None:
    """A block of one thread has nobody to wait for: it runs on this thread, under its own name."""
    thread = simulator.BlockThread(None, manager, grid_point, (0, 0, 0), manager._debug)
    thread.syncthreads = lambda: None
    me, active = threading.get_ident(), threading._active  # type: ignore[attr-defined]
    before = active[me]
    active[me] = thread
    try:
        manager._f(*args)
    finally:
        active[me] = before


def _over(self: Any, kernel: Any, width: int, height: int, *args: Any) -> None:
    self._launch(kernel, (max(1, width), max(1, height)), (1, 1), args)
